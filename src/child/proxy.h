/* SPDX-License-Identifier: ISC */

/*
 * The PROXY protocol header, versions 1 and 2: a proxy sends it first on a
 * connection, to name its client.  The parser follows the rules for receivers
 * in "The PROXY protocol", haproxy's proxy-protocol.txt.
 *
 * It takes bytes as they come and never looks ahead, so the result does not
 * depend on how the input is split.  It runs in the confined session.
 */

#ifndef PROXY_H
#define PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"

enum {
	PROXY_V1_MAX = 107, /* bytes of the longest line, with its CR LF */
	PROXY_V2_FIXED = 16 /* bytes before the part of variable length */
};

enum proxy_state {
	PROXY_MORE, /* the header is incomplete */
	PROXY_DONE, /* the header is complete */
	PROXY_BAD   /* not a valid header */
};

/* Begins as zeroes. */
struct proxy_parser {
	uint8_t head[PROXY_V1_MAX + 1]; /* the beginning of the header */
	size_t used;                    /* bytes taken so far */
	size_t length;                  /* in all, once known (version 2) */
	bool named;                     /* the client below is valid */
	struct addr client;
};

/*
 * Takes bytes up to the end of the header, and sets *taken to their number; the
 * bytes after them are the client's.  A valid header can name no client
 * (UNKNOWN, LOCAL, and families other than IPv4 and IPv6).
 */
enum proxy_state proxy_feed(
    struct proxy_parser *, const uint8_t *data, size_t length, size_t *taken);

#endif
