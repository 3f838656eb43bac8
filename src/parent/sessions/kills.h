/* SPDX-License-Identifier: ISC */

/*
 * Killing sessions that do not end by themselves.  A session is asked for its
 * byte count first, and has KILL_GRACE to answer.
 */

#ifndef KILLS_H
#define KILLS_H

#include <stdint.h>

#include "parent/sessions/children.h"
#include "parent/timers.h"

struct server;

struct kills {
	struct timer grace; /* of the first who is dying */
};

void kills_init(struct server *);

/* Unless it is on its way out already. */
void
kills_session(struct server *, struct child *, enum reason why, int64_t now);

/* The same without the question. */
void kills_at_once(struct server *, struct child *, enum reason why);

/* Goes on with those that another program has begun with. */
void kills_resume(struct server *);

/* It has answered. */
void kills_answered(struct server *, struct child *);

#endif
