/* SPDX-License-Identifier: ISC */

/*
 * Trouble that the service lives through, such as a lack of descriptors: the
 * first failure is logged at once, those that follow with their count, one
 * line a period, until a period passes without one.
 */

#ifndef TROUBLE_H
#define TROUBLE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	TROUBLE_PERIOD = 10 /* seconds */
};

struct trouble {
	const char *what; /* "accept", "fork" */
	int error;        /* errno of the last failure */
	uint64_t count;   /* failures in this period, after the logged one */
	bool active;      /* a period runs */
};

/* Notes a failure.  Returns whether a period has to be timed. */
bool trouble_note(struct trouble *, int error);

/* Ends a period.  Returns whether another one has to be timed. */
bool trouble_period_over(struct trouble *);

#endif
