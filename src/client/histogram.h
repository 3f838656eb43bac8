/* SPDX-License-Identifier: ISC */

/*
 * A histogram of times in fixed memory: 128 equal buckets for every power of
 * two, so a value is known to one part in 256 at worst (0.4 %), from a
 * nanosecond to five hours.  Minimum, maximum and sums are exact.
 */

#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
	HISTOGRAM_SUB_BITS = 7,
	HISTOGRAM_VALUE_BITS = 44, /* greater values count as the greatest */
	HISTOGRAM_BUCKETS = (HISTOGRAM_VALUE_BITS - HISTOGRAM_SUB_BITS + 1)
			    << HISTOGRAM_SUB_BITS
};

/* All zero is empty. */
struct histogram {
	uint64_t count;
	int64_t min, max; /* valid when count > 0 */
	double sum, squares;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

/* Adds one value in nanoseconds; a negative one counts as 0. */
void histogram_record(struct histogram *, int64_t value);

/* Adds it so many times, at least once. */
void histogram_record_times(struct histogram *, int64_t value, uint64_t times);

/* Adds everything in from. */
void histogram_merge(struct histogram *, const struct histogram *from);

/*
 * The value that percent (0..100) of all values do not exceed, as the middle
 * of its bucket but never outside min..max; 0 when empty.
 */
double histogram_percentile(const struct histogram *, double percent);

/* 0 when empty. */
double histogram_mean(const struct histogram *);
double histogram_deviation(const struct histogram *);

/*
 * Writes it in the text form of HdrHistogram's percentile distributions
 * (.hgrm), in milliseconds, for the tools that plot those.
 */
void histogram_write_hgrm(FILE *, const struct histogram *);

/* The least value that belongs to bucket i. */
int64_t histogram_bucket_floor(size_t i);

#endif
