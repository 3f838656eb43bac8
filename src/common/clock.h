/* SPDX-License-Identifier: ISC */

/*
 * Time.  Every instant is of CLOCK_MONOTONIC, so that a step of the wall clock
 * changes nothing, and every instant and span is a signed 64-bit number of
 * nanoseconds.
 */

#ifndef CLOCK_H
#define CLOCK_H

#include <sys/time.h>

#include <stdint.h>
#include <time.h>

#define USEC (INT64_C(1000))
#define MSEC (INT64_C(1000) * USEC)
#define SEC  (INT64_C(1000) * MSEC)

static inline int64_t
clock_now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * SEC + ts.tv_nsec;
}

static inline int64_t
clock_earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static inline struct timespec
clock_timespec(int64_t span)
{
	return (struct timespec){
	    .tv_sec = (time_t)(span / SEC), .tv_nsec = (long)(span % SEC)};
}

/* Rounds up, so that only 0 becomes 0, which means no limit to the kernel. */
static inline struct timeval
clock_timeval(int64_t span)
{
	int64_t microseconds = (span + USEC - 1) / USEC;

	return (struct timeval){.tv_sec = (time_t)(microseconds / (SEC / USEC)),
	    .tv_usec = (suseconds_t)(microseconds % (SEC / USEC))};
}

#endif
