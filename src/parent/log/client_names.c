/* SPDX-License-Identifier: ISC */

#include "parent/log/client_names.h"

#include <string.h>

#include <bsd/string.h>

enum {
	PREFIX_V4 = 24, /* the longest prefixes that name no single client */
	PREFIX_V6 = 48
};

_Static_assert(ADDR_STRLEN >= PREFIX_STRLEN, "a buffer holds either");

static struct {
	enum log_clients clients;
	unsigned v4, v6;
} names;

void
client_names_configure(
    enum log_clients clients, unsigned source_v4, unsigned source_v6)
{
	names.clients = clients;
	names.v4 = source_v4 < PREFIX_V4 ? source_v4 : PREFIX_V4;
	names.v6 = source_v6 < PREFIX_V6 ? source_v6 : PREFIX_V6;
	if (clients == LOG_CLIENTS_NONE)
		names.v4 = names.v6 = 0;
}

static unsigned
length_for(unsigned family)
{
	return family == AF_INET ? names.v4 : names.v6;
}

void
client_name(struct client_name *name, const struct addr *addr)
{
	struct prefix network = prefix_of(addr, length_for(addr->family));

	name->port = 0;
	switch (names.clients) {
	case LOG_CLIENTS_FULL:
		(void)addr_format(addr, name->whole);
		(void)addr_format_host(addr, name->host);
		name->port = addr->port;
		return;
	case LOG_CLIENTS_PREFIX:
		(void)prefix_format(&network, name->host);
		break;
	case LOG_CLIENTS_NONE:
		(void)strlcpy(name->host, "-", sizeof name->host);
		break;
	}
	(void)strlcpy(name->whole, name->host, sizeof name->whole);
}

struct prefix
client_source(const struct prefix *source)
{
	struct addr addr = {.family = source->family};
	unsigned length = length_for(source->family);

	if (names.clients == LOG_CLIENTS_FULL || source->length <= length)
		return *source;
	memcpy(addr.bytes, source->bytes, sizeof addr.bytes);
	return prefix_of(&addr, length);
}

const char *
client_source_name(const struct prefix *source, char buf[ADDR_STRLEN])
{
	struct prefix named = client_source(source);

	if (names.clients == LOG_CLIENTS_NONE)
		(void)strlcpy(buf, "-", ADDR_STRLEN);
	else
		(void)prefix_format(&named, buf);
	return buf;
}
