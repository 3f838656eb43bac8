/* SPDX-License-Identifier: ISC */

/* Runs in the parent.  A list is enough for some twenty timers. */

#include "parent/timers.h"

#include <stddef.h>

void
timers_add(struct timers *timers, struct timer *timer,
    void (*act)(struct server *, int64_t now))
{
	*timer = (struct timer){.act = act};
	LIST_INSERT_HEAD(timers, timer, other);
}

void
timer_set(struct timer *timer, int64_t due)
{
	timer->due = due;
}

void
timer_arm(struct timer *timer, int64_t due)
{
	if (timer->due == 0)
		timer->due = due;
}

void
timer_clear(struct timer *timer)
{
	timer->due = 0;
}

bool
timer_is_set(const struct timer *timer)
{
	return timer->due != 0;
}

int64_t
timers_next(const struct timers *timers)
{
	const struct timer *timer;
	int64_t next = INT64_MAX;

	LIST_FOREACH(timer, timers, other)
	if (timer->due != 0 && timer->due < next)
		next = timer->due;
	return next;
}

void
timers_run(struct timers *timers, struct server *server, int64_t now)
{
	struct timer *timer;

	LIST_FOREACH(timer, timers, other)
	if (timer->due != 0 && timer->due <= now) {
		timer->due = 0;
		timer->act(server, now);
	}
}
