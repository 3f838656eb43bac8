/* SPDX-License-Identifier: ISC */

/*
 * The limits of sessions, as the parent enforces them.  Sessions end themselves
 * at idle-timeout, write-timeout and max-lifetime.  A session that is
 * compromised or stopped does not: the parent kills it a grace period later.
 * The parent learns of progress only by asking; it asks a session that has not
 * reported for longer than its limits allow.
 *
 * A question interrupts the session, whose wait then starts again (see
 * session.c).  From then on the parent applies the limits itself, counted from
 * the time when it last learned of progress.
 */

#ifndef LIMITS_H
#define LIMITS_H

#include <stdint.h>

#include "parent/sessions/children.h"
#include "parent/settings/config.h"
#include "parent/timers.h"

struct kills;

struct limits {
	struct children *children;
	struct kills *kills;
	struct timer turn;
	struct walk walk;
};

void limits_init(struct limits *, struct children *, struct kills *);

/* A session begins, with the limits that are configured now. */
void limits_begin(struct limits *, const struct config *, struct child *);

/* After an upgrade, goes on with sessions that the old program has begun. */
void limits_resume(struct limits *, int64_t now);

/* A session has reported its byte count, which is in child->bytes. */
void limits_told(
    struct limits *, struct child *, const struct report *, int64_t now);

/* Looks at the next batch of sessions. */
void limits_go_on(struct limits *, int64_t now);

enum overdue {
	OVERDUE_NOT,
	OVERDUE_ASK, /* there is doubt */
	OVERDUE_KILL
};

/* Pure: what the clock says of a session. */
enum overdue limits_judge(const struct child *, int64_t now);

/* Pure: why a session that waits so has to end, or REASON_NONE. */
enum reason limits_reason(const struct child *, enum report_wait, int64_t now);

#endif
