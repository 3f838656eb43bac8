/* SPDX-License-Identifier: ISC */

/*
 * Lines that could come by the thousand are throttled: their occasions are
 * counted, and the counts logged at the end of a period.
 *
 * Refused clients get one line a source, reason, listener and period, and no
 * more than THROTTLE_MAX + 1 lines a period however many sources there are.
 * Failures that the service lives through, such as a lack of descriptors, are
 * logged at once when they begin, then with their count, one line a period,
 * until a period passes without one.
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

/* What occurred. */
struct occasion {
	struct prefix source;
	const char *reason, *listener;
	int error;
};

struct throttle {
	const char *operation; /* that fails; NULL: clients are refused */
	int64_t due;           /* end of the period, 0 = none runs */
	struct throttled {
		struct occasion occasion;
		uint64_t count;
	} items[THROTTLE_MAX]; /* the first of the period */
	size_t used;
	uint64_t others; /* that found no place among the first */
};

/*
 * Returns how many such refusals this period has had, 0 if it does not count
 * them one by one.
 */
uint64_t throttle_refused(struct throttle *, const struct prefix *source,
    const char *reason, const char *listener, int64_t now);
void throttle_failed(struct throttle *, int error, int64_t now);

/* Logs the counts of the period. */
void throttle_flush(struct throttle *, int64_t now);

#endif
