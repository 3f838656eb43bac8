/* SPDX-License-Identifier: ISC */

/*
 * Refused clients in the log: one line per source, reason and period, never
 * one per attempt, and no more than REFUSALS_MAX + 1 lines a period however
 * many sources there are.
 */

#ifndef REFUSALS_H
#define REFUSALS_H

#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/clock.h"

enum {
	REFUSALS_MAX = 16,
	REFUSALS_PERIOD = 10 /* seconds */
};

struct refusal {
	struct prefix source;
	const char *reason;
	uint64_t count;
};

struct refusals {
	struct refusal first[REFUSALS_MAX]; /* of the period */
	size_t used;
	uint64_t others; /* that found no place among the first */
	uint64_t total;  /* since the start of the daemon */
};

/*
 * Counts one.  Returns how many of that source and reason there are in this
 * period, 0 if it found no place among the first.
 */
uint64_t refusals_add(
    struct refusals *, const struct prefix *source, const char *reason);

/* Logs the period's counts and starts anew. */
void refusals_flush(struct refusals *);

#endif
