/* SPDX-License-Identifier: ISC */

#include "parent/metrics/metrics.h"

#include <time.h>

#include "common/clock.h"

const uint64_t duration_bounds[METRICS_BUCKETS] = {MSEC, 10 * MSEC, 100 * MSEC,
    SEC, 10 * SEC, 60 * SEC, 600 * SEC, 3600 * SEC, 86400 * SEC};

const uint64_t bytes_bounds[METRICS_BUCKETS] = {0, 64, 1 << 10, 16 << 10,
    256 << 10, 4 << 20, 64 << 20, 1 << 30, UINT64_C(16) << 30};

static void
add(struct distribution *distribution, const uint64_t bounds[METRICS_BUCKETS],
    uint64_t value)
{
	size_t i = 0;

	while (i < METRICS_BUCKETS && value > bounds[i])
		i++;
	distribution->buckets[i]++;
	distribution->sum += value;
}

void
metrics_start(struct metrics *metrics)
{
	metrics->started = metrics->reloaded = (int64_t)time(NULL);
}

void
metrics_reloaded(struct metrics *metrics, bool success)
{
	metrics->reload_failed = !success;
	if (success)
		metrics->reloaded = (int64_t)time(NULL);
}

void
metrics_session(struct metrics *metrics, int64_t duration, uint64_t bytes)
{
	add(&metrics->duration, duration_bounds, (uint64_t)duration);
	add(&metrics->bytes, bytes_bounds, bytes);
}
