/* SPDX-License-Identifier: ISC */

/*
 * Enforces the limits of sessions from outside.  Sessions end themselves at
 * idle-timeout, write-timeout and max-lifetime.  A session that is compromised
 * or stopped does not, so the parent kills it a grace period later.  The parent
 * learns of progress only by asking; it asks a session that has not reported
 * for longer than its limits allow.
 *
 * A question interrupts the session's read(2) or write(2), whose timeout then
 * starts again (see session.c).  From then on the parent applies the limits
 * itself, counted from the last progress that it knows of.
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

/* A session begins; it gets the limits that are configured now. */
void limits_begin(struct limits *, const struct config *, struct child *);

/* After an upgrade: watches the sessions that the old program has begun. */
void limits_resume(struct limits *, int64_t now);

/* A session has reported its byte count, which is in child->bytes. */
void limits_told(
    struct limits *, struct child *, const struct report *, int64_t now);

/* Checks the next batch of sessions. */
void limits_go_on(struct limits *, int64_t now);

enum overdue {
	OVERDUE_NOT,
	OVERDUE_ASK, /* it may have stalled */
	OVERDUE_KILL
};

/* Pure: whether to ask or to kill a session at this time. */
enum overdue limits_judge(const struct child *, int64_t now);

/*
 * Pure: the limit that a session has exceeded which waits for this, or
 * REASON_NONE.
 */
enum reason limits_reason(const struct child *, enum report_wait, int64_t now);

#endif
