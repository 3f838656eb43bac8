/* SPDX-License-Identifier: ISC */

/*
 * Counters besides those of endpoints.h.  Each is updated when its event
 * happens, so writing the metrics takes no longer with many sessions.
 */

#ifndef METRICS_H
#define METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	METRICS_BUCKETS = 9
};

/*
 * A histogram; the upper bounds of its buckets are duration_bounds or
 * bytes_bounds.
 */
struct distribution {
	uint64_t buckets[METRICS_BUCKETS + 1]; /* the last is unbounded */
	uint64_t sum;
};

/* Upper bounds, inclusive */
extern const uint64_t duration_bounds[METRICS_BUCKETS]; /* ns */
extern const uint64_t bytes_bounds[METRICS_BUCKETS];

/* Only numbers, which an upgrade can save. */
struct metrics {
	int64_t started;  /* seconds since 1970 */
	int64_t reloaded; /* the same, when good settings were last read */
	bool reload_failed;
	uint64_t accept_errors, fork_errors, upgrades;
	struct distribution duration; /* of sessions that have ended, ns */
	struct distribution bytes;    /* echoed by each of them */
};

void metrics_start(struct metrics *);
void metrics_reloaded(struct metrics *, bool success);

/* A session has ended. */
void metrics_session(struct metrics *, int64_t duration, uint64_t bytes);

#endif
