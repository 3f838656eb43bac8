/* SPDX-License-Identifier: ISC */

/*
 * Computes when messages of load are due: at fixed times with a rate (open
 * loop), at once without (closed loop).  All functions are pure.
 */

#ifndef SCHEDULE_H
#define SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

struct schedule {
	uint64_t rate;       /* messages per second; 0 = as fast as possible */
	int64_t began, ends; /* of the clock; 0 = not yet known */
	uint64_t taken;      /* messages taken */
};

/* The time at which the next message is due; now without a rate. */
int64_t schedule_due(const struct schedule *, int64_t now);

/* The number of messages due before the end that were not taken. */
uint64_t schedule_left(const struct schedule *);

/* Whether the next message can be taken now. */
bool schedule_is_due(const struct schedule *, int64_t now);

#endif
