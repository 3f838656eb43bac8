/* SPDX-License-Identifier: ISC */

/*
 * Reaping: each session that has ended gets its line in the log, and gives
 * back its slot and its place among its source's.
 */

#ifndef REAPER_H
#define REAPER_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "parent/timers.h"

struct server;

struct reaper {
	struct timer retry; /* for those who are expected to end */
	struct timer sweep; /* for those who ended without a word */
	pid_t first_left;   /* in this round of retry, 0 = none yet */
};

void reaper_init(struct server *);

/* After an upgrade: the old program may have taken the SIGCHLD of some. */
void reaper_resume(struct server *, int64_t now);

/* On SIGCHLD, which may stand for many sessions. */
void reap(struct server *, int64_t now);

/*
 * Some children are expected to end, and their SIGCHLD may have come already.
 */
void reap_soon(struct server *, int64_t now);

/*
 * Takes a batch of reports, then soon looks for the sessions that have reported
 * their end.  Returns whether no more reports are there.
 */
bool reaper_receive(struct server *, int64_t now);

#endif
