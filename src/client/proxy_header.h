/* SPDX-License-Identifier: ISC */

/*
 * Builds the header that a balancer puts in front of a connection, by
 * haproxy's proxy-protocol.txt, versions 1 (a line of text) and 2 (binary).
 */

#ifndef PROXY_HEADER_H
#define PROXY_HEADER_H

#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"

enum {
	PROXY_HEADER_MAX = 108 /* the longest v1 line and a NUL */
};

/*
 * Writes a header saying that source talks to destination over TCP and
 * returns its length.  When only one of them is IPv6 the other is given as
 * ::ffff:a.b.c.d, since a header has one family.
 */
size_t proxy_header_build(int version, const struct addr *source,
    const struct addr *destination, uint8_t header[PROXY_HEADER_MAX]);

#endif
