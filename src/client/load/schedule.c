/* SPDX-License-Identifier: ISC */

#include "client/load/schedule.h"

#include "common/clock.h"

int64_t
schedule_due(const struct schedule *schedule, int64_t now)
{
	uint64_t rate = schedule->rate, n = schedule->taken;

	if (rate == 0)
		return now;
	return schedule->began + (int64_t)(n / rate) * SEC +
	       (int64_t)(n % rate * (uint64_t)SEC / rate);
}

uint64_t
schedule_left(const struct schedule *schedule)
{
	uint64_t rate = schedule->rate, second = (uint64_t)SEC;
	uint64_t span = (uint64_t)(schedule->ends - schedule->began);
	uint64_t all =
	    span / second * rate + (span % second * rate + second - 1) / second;

	return all > schedule->taken ? all - schedule->taken : 0;
}

bool
schedule_is_due(const struct schedule *schedule, int64_t now)
{
	int64_t due = schedule_due(schedule, now);

	return due <= now && due < schedule->ends;
}
