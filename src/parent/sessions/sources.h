/* SPDX-License-Identifier: ISC */

/*
 * Sources: the network prefixes that the limits per source apply to, by default
 * a single IPv4 address or an IPv6 /64.
 *
 * Memory is bounded: there are no more sources with sessions than there are
 * sessions, and of the others the table keeps the SOURCES_IDLE_MAX seen last.
 * Forgetting one only restores its rate allowance early.
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
 * Finds or adds the source of the peer, a prefix of the given length.  It is
 * valid until the next call unless sources_hold() keeps it.
 */
struct source *sources_get(struct sources *, const struct addr *peer,
    unsigned bits_v4, unsigned bits_v6, int64_t now);

/* Counts one session more, or one less; dropping NULL does nothing. */
void sources_hold(struct sources *, struct source *);
void sources_drop(struct sources *, struct source *);

#endif
