/* SPDX-License-Identifier: ISC */

/*
 * Internet addresses: an address with a port, and a prefix (CIDR).
 *
 * Each address has one form: ::ffff:a.b.c.d becomes the IPv4 address a.b.c.d,
 * so that comparing, counting and printing see one name for a host.  No
 * function asks a resolver.
 */

#ifndef ADDR_H
#define ADDR_H

#include <sys/socket.h>

#include <stdbool.h>
#include <stdint.h>

struct addr {
	uint8_t bytes[16]; /* network order; IPv4 uses the first four */
	uint32_t scope;    /* IPv6 interface index, 0 = none */
	uint16_t port;     /* host order */
	uint8_t family;    /* AF_INET, AF_INET6; AF_UNSPEC = any ("*") */
};

struct prefix {
	uint8_t bytes[16]; /* bits past length are zero */
	uint8_t family;    /* AF_INET or AF_INET6 */
	uint8_t length;    /* bits: 0..32 or 0..128 */
};

enum {
	ADDR_STRLEN = 80,  /* "[" IPv6 "%" interface "]:65535" NUL */
	PREFIX_STRLEN = 52 /* IPv6 "/128" NUL */
};

/*
 * Convert from and to the kernel's form.  addr_from_sockaddr() returns false
 * for families other than AF_INET and AF_INET6.  addr_to_sockaddr() returns the
 * length, 0 for AF_UNSPEC.
 */
bool addr_from_sockaddr(struct addr *, const struct sockaddr *);
socklen_t addr_to_sockaddr(const struct addr *, struct sockaddr_storage *);

/*
 * Brings an address of another source, such as a report, into this form.  False
 * if it is neither IPv4 nor IPv6.
 */
bool addr_canonical(const struct addr *raw, struct addr *);

/*
 * Reads "PORT", "*:PORT", "IPV4:PORT" or "[IPV6]:PORT", the last with an
 * optional "%interface" for link-local addresses; PORT is 0..65535.  Returns
 * NULL or what is wrong.
 */
const char *addr_parse(const char *text, struct addr *);

bool addr_equal(const struct addr *, const struct addr *);

/* Reads a bare "IPV4" or "IPV6[%interface]"; the port is set to 0. */
const char *addr_parse_host(const char *text, struct addr *);

/* Writes what addr_parse(), or without the port addr_parse_host(), reads. */
const char *addr_format(const struct addr *, char buf[ADDR_STRLEN]);
const char *addr_format_host(const struct addr *, char buf[ADDR_STRLEN]);

/*
 * Reads "ADDRESS/LENGTH", or "ADDRESS" for a single host.  Bits set past the
 * length are refused: they are a typing error that would change the meaning.
 */
const char *prefix_parse(const char *text, struct prefix *);
const char *prefix_format(const struct prefix *, char buf[PREFIX_STRLEN]);

/*
 * The prefix of that length that contains the address; length is limited to the
 * family's bits.
 */
struct prefix prefix_of(const struct addr *, unsigned length);
bool prefix_contains(const struct prefix *, const struct addr *);

/* Returns less than, equal to or greater than 0, as strcmp(3) does. */
int prefix_compare(const struct prefix *, const struct prefix *);

#endif
