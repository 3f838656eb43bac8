/* SPDX-License-Identifier: ISC */

/*
 * When messages of load are due: at fixed instants for a rate (open loop), or
 * at once (closed loop).  Pure arithmetic.
 */

#ifndef SCHEDULE_H
#define SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

struct schedule {
	uint64_t rate;       /* messages per second; 0 = as fast as possible */
	int64_t began, ends; /* the clock runs between them; 0 = not yet */
	uint64_t taken;      /* messages handed out */
};

/* When the next message is due; now without a rate. */
int64_t schedule_due(const struct schedule *, int64_t now);

/* How many messages are due before the end and have not been taken. */
uint64_t schedule_left(const struct schedule *);

/* May the next message be taken now? */
bool schedule_is_due(const struct schedule *, int64_t now);

#endif
