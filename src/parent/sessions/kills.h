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

struct server;

struct kills {
	struct timer grace; /* of the first session in CHILD_DYING */
};

void kills_init(struct server *);

/*
 * Asks for the byte count, then kills; nothing if the session is ending
 * already.
 */
void
kills_session(struct server *, struct child *, enum reason why, int64_t now);

/* Kills without asking for the byte count. */
void kills_at_once(struct server *, struct child *, enum reason why);

/* After an upgrade, goes on with the kills that the old program has begun. */
void kills_resume(struct server *);

/* If the session was asked before it is killed, it has answered: kills it. */
void kills_answered(struct server *, struct child *);

#endif
