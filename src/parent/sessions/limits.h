/* SPDX-License-Identifier: ISC */

/*
 * The limits of sessions, kept by the parent.  Sessions end themselves at
 * idle-timeout, write-timeout and max-lifetime.  One that was taken over, or
 * is stopped, does not: the parent kills it a grace later.  The parent knows
 * of progress only by asking; it asks a session that has not been heard of
 * for longer than its limits allow.
 *
 * Being asked makes a session wait anew (see session.c), so from then on the
 * parent ends it at the limits themselves, counted from the moment when it
 * learned of the last progress.
 */

#ifndef LIMITS_H
#define LIMITS_H

#include <stdint.h>

#include "parent/sessions/children.h"
#include "parent/settings/config.h"
#include "parent/timers.h"

struct server;

struct limits {
	struct timer turn;
	struct walk walk;
};

void limits_init(struct server *);

/* A session begins, with the limits that are configured now. */
void limits_begin(struct server *, struct child *);

/* There are sessions that another program has begun. */
void limits_resume(struct server *, int64_t now);

/* A session has told its count, which is on the child. */
void limits_told(
    struct server *, struct child *, const struct report *, int64_t now);

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
