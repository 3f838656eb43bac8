/* SPDX-License-Identifier: ISC */

#include "parent/throttles.h"

static void
arm(struct throttles *throttles)
{
	int64_t next = 0;

	for (size_t i = 0; i < NTHROTTLED; i++) {
		int64_t due = throttles->items[i].due;
		if (due != 0 && (next == 0 || due < next))
			next = due;
	}
	timer_set(&throttles->over, next);
}

void
throttles_go_on(struct throttles *throttles, int64_t now)
{
	for (size_t i = 0; i < NTHROTTLED; i++) {
		struct throttle *throttle = &throttles->items[i];
		if (throttle->due != 0 && throttle->due <= now)
			throttle_flush(throttle, now);
	}
	arm(throttles);
}

void
throttles_init(struct throttles *throttles)
{
	struct throttle *items = throttles->items;

	items[THROTTLED_ACCEPT].operation = "accept";
	items[THROTTLED_FORK].operation = "fork";
}

void
throttles_failed(struct throttles *throttles, enum throttled_line line,
    int error, int64_t now)
{
	throttle_failed(&throttles->items[line], error, now);
	arm(throttles);
}

uint64_t
throttles_refused(struct throttles *throttles, const struct prefix *source,
    const char *reason, const char *listener, int64_t now)
{
	struct throttle *throttle = &throttles->items[THROTTLED_REFUSALS];
	uint64_t count =
	    throttle_refused(throttle, source, reason, listener, now);

	arm(throttles);
	return count;
}

void
throttles_hand_on(struct throttles *throttles, int64_t now)
{
	for (size_t i = 0; i < NTHROTTLED; i++) {
		struct throttle *throttle = &throttles->items[i];
		if (throttle->used != 0)
			throttle_flush(throttle, now);
	}
	arm(throttles);
}

void
throttles_end(struct throttles *throttles, int64_t now)
{
	throttle_flush(&throttles->items[THROTTLED_REFUSALS], now);
}
