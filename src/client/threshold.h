/* SPDX-License-Identifier: ISC */

/* The conditions of --fail-if: "p99>5ms,loss>1%".  All functions are pure. */

#ifndef THRESHOLD_H
#define THRESHOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/histogram.h"
#include "client/options.h"
#include "common/units.h"

enum {
	THRESHOLDS_MAX = 32,
	THRESHOLD_STRLEN = 48
};

enum threshold_metric {
	THRESHOLD_PERCENTILE,
	THRESHOLD_MIN,
	THRESHOLD_AVG,
	THRESHOLD_MAX,
	THRESHOLD_LOSS,   /* percent */
	THRESHOLD_ERRORS, /* count */
	THRESHOLD_RATE,   /* messages per second */
	THRESHOLD_CONNS,  /* connections per second */
};

struct threshold {
	enum threshold_metric metric;
	double percentile; /* for THRESHOLD_PERCENTILE: 0..100 */
	bool above;        /* fails when above the limit, else when below */
	bool equal;        /* ... or equal to it */
	double limit;      /* nanoseconds, percent, count or 1/s */
	char text[THRESHOLD_STRLEN]; /* as it was written */
};

struct threshold_list {
	size_t count;
	struct threshold items[THRESHOLDS_MAX];
};

struct measurements {
	const struct histogram *latency;
	double loss, errors, rate, conns;
};

/* Returns NULL or what is wrong with the text. */
const char *threshold_parse(const char *text, struct threshold_list *);

/*
 * The same for the value of an option, which may be NULL.  Prints an error and
 * exits 2.
 */
void
threshold_option(const char *name, const char *text, struct threshold_list *);

/* The figure that the condition compares, in the unit of its limit. */
double threshold_value(const struct threshold *, const struct measurements *);

/* Whether its value is a latency, in nanoseconds. */
bool threshold_is_time(const struct threshold *);

/* Whether its value is known: a latency is unknown if nothing was answered. */
bool threshold_is_known(const struct threshold *, const struct measurements *);

/* Writes the value as people read it and returns buf. */
const char *threshold_format_value(const struct threshold *,
    const struct measurements *, char buf[UNITS_STRLEN]);

/* Whether the condition is met.  An unknown value counts as met. */
bool threshold_failed(const struct threshold *, const struct measurements *);

/* Whether any condition judges losses; otherwise no loss is tolerated. */
bool threshold_judges_loss(const struct threshold_list *);

#endif
