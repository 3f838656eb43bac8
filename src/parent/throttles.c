/* SPDX-License-Identifier: ISC */

/* Runs in the parent. */

#include "parent/throttles.h"

#include "parent/server.h"

static void
arm(struct server *server)
{
	struct throttles *throttles = &server->throttles;
	int64_t next = 0;

	for (size_t i = 0; i < NTHROTTLED; i++) {
		int64_t due = throttles->items[i].due;
		if (due != 0 && (next == 0 || due < next))
			next = due;
	}
	timer_set(&throttles->over, next);
}

static void
periods_over(struct server *server, int64_t now)
{
	for (size_t i = 0; i < NTHROTTLED; i++) {
		struct throttle *throttle = &server->throttles.items[i];
		if (throttle->due != 0 && throttle->due <= now)
			throttle_flush(throttle, now);
	}
	arm(server);
}

void
throttles_init(struct server *server)
{
	struct throttle *items = server->throttles.items;

	items[THROTTLED_ACCEPT].operation = "accept";
	items[THROTTLED_FORK].operation = "fork";
	timers_add(&server->timers, &server->throttles.over, periods_over);
}

void
throttles_failed(
    struct server *server, enum throttled_line line, int error, int64_t now)
{
	throttle_failed(&server->throttles.items[line], error, now);
	arm(server);
}

uint64_t
throttles_refused(struct server *server, const struct prefix *source,
    const char *reason, const char *listener, int64_t now)
{
	struct throttle *throttle =
	    &server->throttles.items[THROTTLED_REFUSALS];
	uint64_t count =
	    throttle_refused(throttle, source, reason, listener, now);

	arm(server);
	return count;
}

void
throttles_hand_on(struct server *server, int64_t now)
{
	for (size_t i = 0; i < NTHROTTLED; i++) {
		struct throttle *throttle = &server->throttles.items[i];
		if (throttle->used != 0)
			throttle_flush(throttle, now);
	}
	arm(server);
}

void
throttles_end(struct server *server, int64_t now)
{
	throttle_flush(&server->throttles.items[THROTTLED_REFUSALS], now);
}
