/* SPDX-License-Identifier: ISC */

/*
 * Throttles lines that could come by the thousand: events are counted, and the
 * counts logged at the end of a period.
 *
 * Refused clients get one line for each source, reason, listener and period,
 * and at most THROTTLE_MAX + 1 lines a period, however many sources there are.
 * A failure that the service survives, such as a lack of descriptors, is logged
 * at once, then with its count once a period, until a period passes without
 * one.
 */

#ifndef THROTTLE_H
#define THROTTLE_H

#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"

enum {
	THROTTLE_MAX = 16,
	THROTTLE_PERIOD = 10 /* seconds */
};

/* What was refused or failed. */
struct occasion {
	struct prefix source;
	const char *reason, *listener;
	int error;
};

struct throttle {
	const char *operation; /* the one that fails; NULL for refusals */
	int64_t due;           /* end of the period, 0 = no period has begun */
	struct throttled {
		struct occasion occasion;
		uint64_t count;
	} items[THROTTLE_MAX]; /* the first of the period */
	size_t used;
	uint64_t others; /* events that are not among these items */
};

/*
 * Counts a refusal.  Returns the number of equal refusals in this period, 0 if
 * it counts among the others.
 */
uint64_t throttle_refused(struct throttle *, const struct prefix *source,
    const char *reason, const char *listener, int64_t now);
void throttle_failed(struct throttle *, int error, int64_t now);

/* Logs the counts of the period. */
void throttle_flush(struct throttle *, int64_t now);

#endif
