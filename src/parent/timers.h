/* SPDX-License-Identifier: ISC */

/*
 * Timers: what is to happen later.  A module owns its timers, sets and clears
 * them; the loop waits for the next one and calls those that are due.
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

/* Adds a timer, not set, with what it does.  It stays for ever. */
void timers_add(
    struct timers *, struct timer *, void (*act)(struct server *, int64_t now));

/* Sets it, or sets it anew. */
void timer_set(struct timer *, int64_t due);

/* Sets it unless it is set, however late. */
void timer_arm(struct timer *, int64_t due);
void timer_clear(struct timer *);
bool timer_is_set(const struct timer *);

/* When the next one is due, INT64_MAX if none is. */
int64_t timers_next(const struct timers *);

/* Calls those that are due, each once: it may set itself again. */
void timers_run(struct timers *, struct server *, int64_t now);

#endif
