/* SPDX-License-Identifier: ISC */

/*
 * The PROXY protocol header, versions 1 and 2, with which a proxy begins a
 * connection to name the client it stands for.  The rules are those of
 * "The PROXY protocol", haproxy's proxy-protocol.txt, for a receiver.
 *
 * The parser takes bytes as they come and never looks ahead, so the result
 * does not depend on how the input is split.  It runs in the session, which
 * is confined by then.
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
	PROXY_MORE, /* so far so good */
	PROXY_DONE, /* the header is complete */
	PROXY_BAD   /* it is not a header */
};

/* All zeroes at the beginning. */
struct proxy_parser {
	uint8_t head[PROXY_V1_MAX + 1]; /* its first bytes */
	size_t used;                    /* bytes taken so far */
	size_t length;                  /* in all, once known (version 2) */
	bool named;                     /* the client below is valid */
	struct addr client;
};

/*
 * Takes bytes up to the end of the header; *taken tells how many.  What
 * follows them is the client's.  A header can be good and name nobody
 * (UNKNOWN, LOCAL, and families that are not the internet's).
 */
enum proxy_state proxy_feed(
    struct proxy_parser *, const uint8_t *data, size_t length, size_t *taken);

#endif
