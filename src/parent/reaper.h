/* SPDX-License-Identifier: ISC */

/*
 * Reaping: logs each session that has ended, and frees its slot and its place
 * in the count of its source.
 */

#ifndef REAPER_H
#define REAPER_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "parent/timers.h"

struct server;

struct reaper {
	struct timer retry; /* looks for sessions that are expected to end */
	struct timer sweep; /* looks for sessions that ended without a report */
	pid_t first_left;   /* the first in this round that had not ended, 0 =
			       none yet */
};

void reaper_init(struct server *);

/*
 * After an upgrade: the old program may have received SIGCHLD and not reaped.
 */
void reaper_resume(struct server *, int64_t now);

/* Handles SIGCHLD, one of which may stand for many sessions. */
void reap(struct server *, int64_t now);

/*
 * Sets a timer to reap children that are expected to end.  Their SIGCHLD may
 * have been handled before they were, and none comes again.
 */
void reap_soon(struct server *, int64_t now);

/*
 * Reads a batch of reports.  If sessions have reported their end, looks for
 * them in a moment.  Returns whether the queue is empty.
 */
bool reaper_receive(struct server *, int64_t now);

#endif
