/* SPDX-License-Identifier: ISC */

/*
 * Kills sessions that do not end by themselves, as limits.c, proxied.c,
 * reports.c and drain.c decide.  The parent first asks the session for its byte
 * count and gives it KILL_GRACE to answer.
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
 * Asks for the byte count, then kills.  Does nothing if the session is being
 * killed or has reported its end.
 */
void
kills_session(struct kills *, struct child *, enum reason why, int64_t now);

/* Kills without asking for the byte count. */
void kills_at_once(struct kills *, struct child *, enum reason why);

/* After an upgrade: completes the kills that the old program has begun. */
void kills_resume(struct kills *);

/*
 * The session has reported: kills it if that was the answer to be waited for.
 */
void kills_answered(struct kills *, struct child *);

/* Kills a batch of sessions whose grace is over. */
void kills_go_on(struct kills *, int64_t now);

#endif
