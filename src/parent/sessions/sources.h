/* SPDX-License-Identifier: ISC */

/*
 * Sources: who the clients are, as far as limits go.  A source is a network
 * prefix, a single IPv4 address or an IPv6 /64 unless configured otherwise.
 *
 * Memory is bounded whatever comes: sources with live sessions are no more
 * than there are sessions, and of the others the SOURCES_IDLE_MAX seen last
 * are remembered.  Forgetting one only returns its rate allowance early.
 */

#ifndef SOURCES_H
#define SOURCES_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>

#include "common/addr.h"

enum {
	SOURCES_IDLE_MAX = 65536
};

struct source {
	RB_ENTRY(source) by_prefix;
	TAILQ_ENTRY(source) idle; /* while it has no sessions */
	struct prefix prefix;
	uint32_t sessions;
	int64_t rate_clear; /* when its rate allowance is whole again, ns */
};

RB_HEAD(source_tree, source);
TAILQ_HEAD(source_list, source);

struct sources {
	struct source *slots;
	size_t used; /* slots ever taken */
	size_t nidle;
	struct source_tree tree;
	struct source_list idle; /* least recently seen first */
	struct source_list free;
};

/* False if there is no memory. */
bool sources_init(struct sources *);

/*
 * The entry for the peer's prefix of the given lengths, made if need be.  It
 * stays until the next call unless sources_hold() keeps it.
 */
struct source *sources_get(struct sources *, const struct addr *peer,
    unsigned bits_v4, unsigned bits_v6, int64_t now);

/* One session more, one session less; dropping NULL does nothing. */
void sources_hold(struct sources *, struct source *);
void sources_drop(struct sources *, struct source *);

#endif
