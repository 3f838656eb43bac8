/* SPDX-License-Identifier: ISC */

/* The stop: blocks new connections, and ends the sessions. */

#ifndef DRAIN_H
#define DRAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "parent/sessions/children.h"
#include "parent/timers.h"

struct server;

struct drain {
	bool stopping;
	bool overdue; /* the deadline has passed */
	struct walk walk;
	struct timer turn;     /* continues the walk */
	struct timer reminder; /* begins another walk */
	struct timer deadline;
};

void drain_init(struct server *);

/*
 * Blocks new connections and asks the sessions to end.  At the drain deadline
 * the remaining sessions are killed.
 */
void drain_start(struct server *, int64_t now);

/* Kills the remaining sessions now. */
void drain_end(struct server *, int64_t now);

#endif
