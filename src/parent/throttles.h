/* SPDX-License-Identifier: ISC */

/* The throttled lines of the log, and the timer that ends their periods. */

#ifndef THROTTLES_H
#define THROTTLES_H

#include <stdint.h>

#include "parent/log/throttle.h"
#include "parent/timers.h"

enum throttled_line {
	THROTTLED_REFUSALS,
	THROTTLED_ACCEPT,
	THROTTLED_FORK,
	THROTTLED_METRICS,
	NTHROTTLED
};

struct throttles {
	struct timer over;
	struct throttle items[NTHROTTLED];
};

void throttles_init(struct throttles *);

/* See throttle_failed() and throttle_refused(). */
void throttles_failed(
    struct throttles *, enum throttled_line, int error, int64_t now);
uint64_t throttles_refused(struct throttles *, const struct prefix *source,
    const char *reason, const char *listener, int64_t now);

/* Logs the counts of the periods that are over. */
void throttles_go_on(struct throttles *, int64_t now);

/* Before an upgrade, logs what has been counted. */
void throttles_hand_on(struct throttles *, int64_t now);

/* At the end, logs what has been counted. */
void throttles_end(struct throttles *, int64_t now);

#endif
