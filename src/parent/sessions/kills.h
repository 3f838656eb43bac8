/* SPDX-License-Identifier: ISC */

/*
 * Killing sessions that do not end by themselves: how it is done.  Whether and
 * why is decided in limits.c, proxied.c, reports.c and drain.c.  A session is
 * asked for its byte count first, and has KILL_GRACE to answer.
 */

#ifndef KILLS_H
#define KILLS_H

#include <stdint.h>

#include "parent/sessions/children.h"
#include "parent/timers.h"

struct kills {
	struct children *children;
	struct timer grace; /* of the first session in CHILD_DYING */
};

void kills_init(struct kills *, struct children *);

/*
 * Asks for the byte count, then kills; nothing if the session is ending
 * already.
 */
void
kills_session(struct kills *, struct child *, enum reason why, int64_t now);

/* Kills without asking for the byte count. */
void kills_at_once(struct kills *, struct child *, enum reason why);

/* After an upgrade, goes on with the kills that the old program has begun. */
void kills_resume(struct kills *);

/* If the session was asked before it is killed, it has answered: kills it. */
void kills_answered(struct kills *, struct child *);

/* A grace is over: kills a batch of sessions. */
void kills_go_on(struct kills *, int64_t now);

#endif
