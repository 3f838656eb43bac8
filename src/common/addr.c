/* SPDX-License-Identifier: ISC */

#include "common/addr.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>

#include "common/host_port.h"

static const uint8_t v4_mapped[12] = {[10] = 0xff, [11] = 0xff};

static unsigned
family_bits(uint8_t family)
{
	return family == AF_INET ? 32 : 128;
}

/* Turns ::ffff:a.b.c.d into a.b.c.d. */
static void
canonicalize(struct addr *addr)
{
	if (addr->family != AF_INET6 ||
	    memcmp(addr->bytes, v4_mapped, sizeof v4_mapped) != 0)
		return;
	memmove(addr->bytes, addr->bytes + sizeof v4_mapped, 4);
	memset(addr->bytes + 4, 0, sizeof addr->bytes - 4);
	addr->family = AF_INET;
	addr->scope = 0;
}

bool
addr_from_sockaddr(struct addr *addr, const struct sockaddr *sa)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	*addr = (struct addr){.family = (uint8_t)sa->sa_family};
	switch (sa->sa_family) {
	case AF_INET:
		memcpy(&in, sa, sizeof in);
		memcpy(addr->bytes, &in.sin_addr, sizeof in.sin_addr);
		addr->port = ntohs(in.sin_port);
		return true;
	case AF_INET6:
		memcpy(&in6, sa, sizeof in6);
		memcpy(addr->bytes, &in6.sin6_addr, sizeof in6.sin6_addr);
		addr->port = ntohs(in6.sin6_port);
		addr->scope = in6.sin6_scope_id;
		canonicalize(addr);
		return true;
	default:
		return false;
	}
}

socklen_t
addr_to_sockaddr(const struct addr *addr, struct sockaddr_storage *ss)
{
	struct sockaddr_in in = {
	    .sin_family = AF_INET, .sin_port = htons(addr->port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
	    .sin6_port = htons(addr->port),
	    .sin6_scope_id = addr->scope};

	memset(ss, 0, sizeof *ss);
	switch (addr->family) {
	case AF_INET:
		memcpy(&in.sin_addr, addr->bytes, sizeof in.sin_addr);
		memcpy(ss, &in, sizeof in);
		return sizeof in;
	case AF_INET6:
		memcpy(&in6.sin6_addr, addr->bytes, sizeof in6.sin6_addr);
		memcpy(ss, &in6, sizeof in6);
		return sizeof in6;
	default:
		return 0;
	}
}

bool
addr_canonical(const struct addr *raw, struct addr *addr)
{
	struct sockaddr_storage ss;

	return addr_to_sockaddr(raw, &ss) != 0 &&
	       addr_from_sockaddr(addr, (struct sockaddr *)&ss);
}

bool
addr_equal(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && a->port == b->port &&
	       a->scope == b->scope &&
	       memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/*
 * Reads an interface's name, or the number that addr_format() writes when the
 * interface has gone.
 */
static uint32_t
scope_parse(const char *zone)
{
	const char *errstr;
	uint32_t scope = if_nametoindex(zone);

	return scope != 0 ? scope
			  : (uint32_t)strtonum(zone, 1, UINT32_MAX, &errstr);
}

const char *
addr_parse_host(const char *text, struct addr *out)
{
	struct addr addr = {.family = AF_INET};
	char host[INET6_ADDRSTRLEN + 1 + IF_NAMESIZE];
	size_t length = strlen(text);

	if (length >= sizeof host)
		return "not an IP address";
	memcpy(host, text, length + 1); /* sessions have no strlcpy(3bsd) */
	char *zone = strchr(host, '%');
	if (zone != NULL)
		*zone++ = '\0';
	if (zone != NULL || inet_pton(AF_INET, host, addr.bytes) != 1) {
		addr.family = AF_INET6;
		if (inet_pton(AF_INET6, host, addr.bytes) != 1)
			return "not an IP address";
	}
	if (zone != NULL && (addr.scope = scope_parse(zone)) == 0)
		return "no such interface";
	canonicalize(&addr);
	*out = addr;
	return NULL;
}

const char *
addr_parse(const char *text, struct addr *out)
{
	struct addr addr = {.family = AF_UNSPEC};
	struct host_port split = {.host = "*", .port = text};
	const char *errstr;

	if (text[strspn(text, "0123456789")] != '\0' &&
	    (errstr = host_port_split(text, &split)) != NULL)
		return errstr;
	if (strcmp(split.host, "*") != 0 &&
	    (errstr = addr_parse_host(split.host, &addr)) != NULL)
		return errstr;
	if (split.port == NULL)
		return "the port is missing";
	if ((errstr = port_parse(split.port, 0, &addr.port)) != NULL)
		return errstr;
	*out = addr;
	return NULL;
}

const char *
addr_format_host(const struct addr *addr, char buf[ADDR_STRLEN])
{
	char name[IF_NAMESIZE];

	if (addr->family == AF_UNSPEC) {
		(void)strlcpy(buf, "*", ADDR_STRLEN);
		return buf;
	}
	(void)inet_ntop(addr->family, addr->bytes, buf, ADDR_STRLEN);
	if (addr->scope != 0) {
		size_t length = strlen(buf);
		if (if_indextoname(addr->scope, name) == NULL)
			(void)snprintf(name, sizeof name, "%u", addr->scope);
		(void)snprintf(
		    buf + length, ADDR_STRLEN - length, "%%%s", name);
	}
	return buf;
}

const char *
addr_format(const struct addr *addr, char buf[ADDR_STRLEN])
{
	char host[ADDR_STRLEN];

	(void)addr_format_host(addr, host);
	(void)snprintf(buf, ADDR_STRLEN,
	    addr->family == AF_INET6 ? "[%s]:%u" : "%s:%u", host, addr->port);
	return buf;
}

struct prefix
prefix_of(const struct addr *addr, unsigned length)
{
	struct prefix prefix = {.family = addr->family};
	unsigned bits = family_bits(addr->family);

	if (length > bits)
		length = bits;
	prefix.length = (uint8_t)length;
	memcpy(prefix.bytes, addr->bytes, length / 8);
	if (length % 8 != 0)
		prefix.bytes[length / 8] =
		    (uint8_t)(addr->bytes[length / 8] & (0xff00 >> length % 8));
	return prefix;
}

const char *
prefix_parse(const char *text, struct prefix *out)
{
	char host[ADDR_STRLEN];
	struct addr addr;
	const char *errstr, *slash = strchr(text, '/');
	size_t length = slash == NULL ? strlen(text) : (size_t)(slash - text);

	if (length >= sizeof host)
		return "not an IP address";
	memcpy(host, text, length);
	host[length] = '\0';
	if (strchr(host, '%') != NULL)
		return "a prefix has no interface";
	if ((errstr = addr_parse_host(host, &addr)) != NULL)
		return errstr;

	unsigned bits = family_bits(addr.family);
	if (slash != NULL) {
		/* ::ffff:192.0.2.0/120 is 192.0.2.0/24 */
		unsigned mapped =
		    addr.family == AF_INET && strchr(host, ':') ? 96 : 0;
		if (slash[1 + strspn(slash + 1, "0123456789")] != '\0')
			return "not a prefix length";
		bits = (unsigned)strtonum(
			   slash + 1, mapped, bits + mapped, &errstr) -
		       mapped;
		if (errstr != NULL)
			return "not a prefix length";
	}
	struct prefix prefix = prefix_of(&addr, bits);
	if (memcmp(prefix.bytes, addr.bytes, sizeof prefix.bytes) != 0)
		return "has bits set past the prefix length";
	*out = prefix;
	return NULL;
}

const char *
prefix_format(const struct prefix *prefix, char buf[PREFIX_STRLEN])
{
	(void)inet_ntop(prefix->family, prefix->bytes, buf, PREFIX_STRLEN);
	if (prefix->length != family_bits(prefix->family)) {
		size_t length = strlen(buf);
		(void)snprintf(buf + length, PREFIX_STRLEN - length, "/%u",
		    prefix->length);
	}
	return buf;
}

bool
prefix_contains(const struct prefix *prefix, const struct addr *addr)
{
	if (prefix->family != addr->family)
		return false;
	struct prefix network = prefix_of(addr, prefix->length);
	return memcmp(network.bytes, prefix->bytes, sizeof network.bytes) == 0;
}

int
prefix_compare(const struct prefix *a, const struct prefix *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	if (a->length != b->length)
		return a->length < b->length ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}
