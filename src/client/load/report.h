/* SPDX-License-Identifier: ISC */

/*
 * What load found, and the two forms in which it says so: text and JSON
 * (whose schema is in echoc(1)).
 */

#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "client/failure.h"
#include "client/histogram.h"
#include "client/threshold.h"

struct report {
	/* what was asked for */
	const char *host, *address;
	uint64_t connections, size, rate; /* rate 0 = as fast as possible */
	bool churn;

	/* what happened while the clock ran, in that many nanoseconds */
	int64_t elapsed;
	uint64_t messages, connects, bytes;

	/* what happened in all, the answers after its end included */
	uint64_t answered, lost, unsent;
	uint64_t failures[FAILURE_KINDS];
	char first_wrong[96]; /* where the first wrong byte was; "" = none */
	struct histogram raw; /* message sent to answer */
	struct histogram corrected; /* message due to answer; rate > 0 only */
	struct histogram connect;
};

/* One of the percentiles that are always reported. */
struct report_percentile {
	const char *name;
	double percent;
};

/* Ends with one without a name. */
extern const struct report_percentile report_percentiles[];

/* The histogram that thresholds look at: corrected where there is one. */
const struct histogram *report_latency(const struct report *);

void report_measure(const struct report *, struct measurements *);

void report_text(FILE *, const struct report *);
void report_json(
    FILE *, const struct report *, const struct threshold_list *, int status);

#endif
