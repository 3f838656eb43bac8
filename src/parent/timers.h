/* SPDX-License-Identifier: ISC */

/*
 * Timers.  A module owns its timers, and it alone sets and clears them.  The
 * loop waits for the next one and runs those that are due.
 */

#ifndef TIMERS_H
#define TIMERS_H

#include <stdbool.h>
#include <stdint.h>

#include <bsd/sys/queue.h>

struct server;

struct timer {
	int64_t due; /* 0 = not set */
	void (*act)(struct server *, int64_t now);
	LIST_ENTRY(timer) other;
};

LIST_HEAD(timers, timer);

/* Registers a timer and its action for ever.  The timer is not set. */
void timers_add(
    struct timers *, struct timer *, void (*act)(struct server *, int64_t now));

/* Sets a timer, whether it was set or not. */
void timer_set(struct timer *, int64_t due);

/* Sets a timer unless it is set already, even if for later. */
void timer_arm(struct timer *, int64_t due);
void timer_clear(struct timer *);
bool timer_is_set(const struct timer *);

/* When the next one is due, INT64_MAX if none is. */
int64_t timers_next(const struct timers *);

/* Clears and runs each timer that is due; its action may set it again. */
void timers_run(struct timers *, struct server *, int64_t now);

#endif
