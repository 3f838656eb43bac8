/* SPDX-License-Identifier: ISC */

/*
 * The conditions of --fail-if: "p99>5ms,loss>1%".  Pure: text to conditions,
 * conditions and measurements to a verdict.
 */

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
 * The same for the value of an option, which may be NULL; a mistake is told
 * and exits 2.
 */
void
threshold_option(const char *name, const char *text, struct threshold_list *);

/* What the condition looks at, in the unit of its limit. */
double threshold_value(const struct threshold *, const struct measurements *);

/* Is its value a latency, in nanoseconds? */
bool threshold_is_time(const struct threshold *);

/* Has it a value?  A latency has none when nothing was answered. */
bool threshold_is_known(const struct threshold *, const struct measurements *);

/* Writes the value as people read it and returns buf. */
const char *threshold_format_value(const struct threshold *,
    const struct measurements *, char buf[UNITS_STRLEN]);

/*
 * Is the condition that makes a failure met?  An unknown value counts as that.
 */
bool threshold_failed(const struct threshold *, const struct measurements *);

/* Does any condition judge losses, so that its limit replaces "none"? */
bool threshold_judges_loss(const struct threshold_list *);

#endif
