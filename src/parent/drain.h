/* SPDX-License-Identifier: ISC */

/* Stopping: no more clients, and an end to the sessions there are. */

#ifndef DRAIN_H
#define DRAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "parent/sessions/children.h"
#include "parent/timers.h"

struct server;

struct drain {
	bool stopping;
	bool overdue; /* the deadline is over */
	struct walk walk;
	struct timer turn;     /* to go on with the walk */
	struct timer reminder; /* to begin another */
	struct timer deadline;
};

void drain_init(struct server *);

/*
 * Lets nobody else begin to connect, and asks the sessions to end; they are
 * killed at the drain deadline.
 */
void drain_start(struct server *, int64_t now);

/* Waits no longer. */
void drain_end(struct server *, int64_t now);

#endif
