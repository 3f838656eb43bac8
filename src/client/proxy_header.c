/* SPDX-License-Identifier: ISC */

#include "client/proxy_header.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <stdio.h>
#include <string.h>

static const uint8_t v2_signature[12] = {
    '\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n'};

enum {
	V2_PROXY = 0x21, /* version 2, command PROXY */
	V2_TCP4 = 0x11,
	V2_TCP6 = 0x21
};

/* Writes one end of the connection in the family of the header. */
static size_t
end_bytes(int family, const struct addr *addr, uint8_t bytes[16])
{
	if (family == AF_INET || addr->family == AF_INET6) {
		memcpy(bytes, addr->bytes, 16);
		return family == AF_INET ? 4 : 16;
	}
	memset(bytes, 0, 16);
	bytes[10] = bytes[11] = 0xff;
	memcpy(bytes + 12, addr->bytes, 4);
	return 16;
}

static size_t
build_v1(int family, const struct addr *source, const struct addr *destination,
    uint8_t *header)
{
	char from[INET6_ADDRSTRLEN], to[INET6_ADDRSTRLEN];
	char line[PROXY_HEADER_MAX];
	uint8_t bytes[16];

	(void)end_bytes(family, source, bytes);
	(void)inet_ntop(family, bytes, from, sizeof from);
	(void)end_bytes(family, destination, bytes);
	(void)inet_ntop(family, bytes, to, sizeof to);
	int length = snprintf(line, sizeof line, "PROXY TCP%c %s %s %u %u\r\n",
	    family == AF_INET ? '4' : '6', from, to, source->port,
	    destination->port);
	memcpy(header, line, (size_t)length);
	return (size_t)length;
}

static size_t
put_port(uint8_t *at, uint16_t port)
{
	at[0] = (uint8_t)(port >> 8);
	at[1] = (uint8_t)port;
	return 2;
}

static size_t
build_v2(int family, const struct addr *source, const struct addr *destination,
    uint8_t *header)
{
	const size_t fixed = sizeof v2_signature + 4;
	size_t n = fixed;

	memcpy(header, v2_signature, sizeof v2_signature);
	header[12] = V2_PROXY;
	header[13] = family == AF_INET ? V2_TCP4 : V2_TCP6;
	n += end_bytes(family, source, header + n);
	n += end_bytes(family, destination, header + n);
	n += put_port(header + n, source->port);
	n += put_port(header + n, destination->port);
	(void)put_port(header + 14, (uint16_t)(n - fixed));
	return n;
}

size_t
proxy_header_build(int version, const struct addr *source,
    const struct addr *destination, uint8_t header[PROXY_HEADER_MAX])
{
	bool v4 = source->family == AF_INET && destination->family == AF_INET;
	int family = v4 ? AF_INET : AF_INET6;

	return version == 1 ? build_v1(family, source, destination, header)
			    : build_v2(family, source, destination, header);
}
