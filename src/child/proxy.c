/* SPDX-License-Identifier: ISC */

#include "child/proxy.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t v1_signature[] = {'P', 'R', 'O', 'X', 'Y', ' '};
static const uint8_t v2_signature[] = {
    '\r', '\n', '\r', '\n', '\0', '\r', '\n', 'Q', 'U', 'I', 'T', '\n'};

/* ---- version 1: "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n" ----------- */

/* Reads 0..65535 without leading zeroes. */
static bool
port_parse(const char *text, uint16_t *port)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > sizeof "65535" - 1 ||
	    text[digits] != '\0' || (text[0] == '0' && digits > 1))
		return false;
	unsigned long value = strtoul(text, NULL, 10);
	*port = (uint16_t)value;
	return value <= UINT16_MAX;
}

/* Reads an address of the line's family, and its port. */
static bool
endpoint_parse(
    const char *host, const char *port, bool is_v6, struct addr *addr)
{
	return (strchr(host, ':') != NULL) == is_v6 &&
	       strchr(host, '%') == NULL &&
	       addr_parse_host(host, addr) == NULL &&
	       port_parse(port, &addr->port);
}

static enum proxy_state
v1_complete(struct proxy_parser *parser)
{
	enum {
		PROTOCOL,
		SOURCE,
		DESTINATION,
		SOURCE_PORT,
		DESTINATION_PORT,
		NFIELDS
	};
	static const char unknown[] = "UNKNOWN";
	char *line = (char *)parser->head + sizeof v1_signature;
	char *fields[NFIELDS];
	struct addr server;
	size_t count = 0;

	parser->head[parser->used - 2] = '\0'; /* overwrites the CR */
	if (strncmp(line, unknown, sizeof unknown - 1) == 0 &&
	    (line[sizeof unknown - 1] == '\0' ||
		line[sizeof unknown - 1] == ' '))
		return PROXY_DONE;
	for (char *field; (field = strsep(&line, " ")) != NULL; count++) {
		if (count == NFIELDS)
			return PROXY_BAD;
		fields[count] = field;
	}
	if (count != NFIELDS)
		return PROXY_BAD;
	bool is_v6 = strcmp(fields[PROTOCOL], "TCP6") == 0;
	if (!is_v6 && strcmp(fields[PROTOCOL], "TCP4") != 0)
		return PROXY_BAD;
	parser->named = endpoint_parse(fields[SOURCE], fields[SOURCE_PORT],
			    is_v6, &parser->client) &&
			endpoint_parse(fields[DESTINATION],
			    fields[DESTINATION_PORT], is_v6, &server);
	return parser->named ? PROXY_DONE : PROXY_BAD;
}

static enum proxy_state
v1_step(struct proxy_parser *parser, uint8_t byte)
{
	size_t position = parser->used - 1;
	bool after_cr = parser->head[position - 1] == '\r';

	if (position < sizeof v1_signature)
		return byte == v1_signature[position] ? PROXY_MORE : PROXY_BAD;
	if (after_cr != (byte == '\n') || byte == '\0')
		return PROXY_BAD;
	if (after_cr)
		return v1_complete(parser);
	return parser->used < PROXY_V1_MAX ? PROXY_MORE : PROXY_BAD;
}

/* ---- version 2, binary --------------------------------------------------- */

enum {
	V2_COMMAND = 12, /* version in the upper half */
	V2_FAMILY = 13,  /* and transport protocol in the lower half */
	V2_LENGTH = 14,  /* two bytes, network order */
	V2_VERSION = 0x20,
	V2_LOCAL = 0x0,
	V2_PROXY = 0x1,
	V2_TCP4 = 0x11,
	V2_TCP6 = 0x21
};

/* The valid families, and the length of their addresses. */
static const struct {
	uint8_t family;
	uint8_t addresses;
} v2_families[] = {
    {0x00, 0},     /* unspecified */
    {V2_TCP4, 12}, /* two addresses of 4, two ports of 2 */
    {0x12, 12},    /* UDP over IPv4 */
    {V2_TCP6, 36}, /* two addresses of 16, two ports of 2 */
    {0x22, 36},    /* UDP over IPv6 */
    {0x31, 216},   /* UNIX stream, two paths of 108 */
    {0x32, 216},   /* UNIX datagram */
};

static bool
v2_is_local(const struct proxy_parser *parser)
{
	return parser->head[V2_COMMAND] == (V2_VERSION | V2_LOCAL);
}

static uint16_t
get16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* Checks the fixed part, and takes the length of the rest from it. */
static enum proxy_state
v2_fixed_part(struct proxy_parser *parser)
{
	size_t rest = get16(parser->head + V2_LENGTH);

	parser->length = PROXY_V2_FIXED + rest;
	if (v2_is_local(parser))
		return PROXY_MORE; /* LOCAL: the family is ignored */
	for (size_t i = 0; i < sizeof v2_families / sizeof *v2_families; i++)
		if (v2_families[i].family == parser->head[V2_FAMILY])
			return rest >= v2_families[i].addresses ? PROXY_MORE
								: PROXY_BAD;
	return PROXY_BAD;
}

static enum proxy_state
v2_complete(struct proxy_parser *parser)
{
	uint8_t family = parser->head[V2_FAMILY];
	const uint8_t *source = parser->head + PROXY_V2_FIXED;
	size_t size = family == V2_TCP4 ? 4 : 16;
	struct addr raw = {.family = family == V2_TCP4 ? AF_INET : AF_INET6};

	if (v2_is_local(parser) || (family != V2_TCP4 && family != V2_TCP6))
		return PROXY_DONE;
	memcpy(raw.bytes, source, size);
	raw.port = get16(source + 2 * size);
	parser->named = addr_canonical(&raw, &parser->client);
	return PROXY_DONE;
}

static enum proxy_state
v2_step(struct proxy_parser *parser, uint8_t byte)
{
	size_t position = parser->used - 1;
	enum proxy_state state = PROXY_MORE;

	if (position < sizeof v2_signature)
		return byte == v2_signature[position] ? PROXY_MORE : PROXY_BAD;
	if (position == V2_COMMAND && byte != (V2_VERSION | V2_LOCAL) &&
	    byte != (V2_VERSION | V2_PROXY))
		return PROXY_BAD;
	if (parser->used == PROXY_V2_FIXED)
		state = v2_fixed_part(parser);
	if (state == PROXY_MORE && parser->used == parser->length)
		return v2_complete(parser);
	return state;
}

/* -------------------------------------------------------------------------- */

static enum proxy_state
step(struct proxy_parser *parser, uint8_t byte)
{
	if (parser->used < sizeof parser->head)
		parser->head[parser->used] = byte;
	parser->used++;
	if (parser->used == 1)
		return byte == v1_signature[0] || byte == v2_signature[0]
			   ? PROXY_MORE
			   : PROXY_BAD;
	return parser->head[0] == v1_signature[0] ? v1_step(parser, byte)
						  : v2_step(parser, byte);
}

enum proxy_state
proxy_feed(struct proxy_parser *parser, const uint8_t *data, size_t length,
    size_t *taken)
{
	enum proxy_state state = PROXY_MORE;

	for (*taken = 0; *taken < length && state == PROXY_MORE; (*taken)++)
		state = step(parser, data[*taken]);
	return state;
}
