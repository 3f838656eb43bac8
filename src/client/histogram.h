/* SPDX-License-Identifier: ISC */

/*
 * A histogram of times in fixed memory, from a nanosecond to five hours: 128
 * equal buckets for every power of two, so values are exact to one part in 256
 * (0.4 %).  Minimum, maximum and sums are exact.
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

/* Empty if all are zero. */
struct histogram {
	uint64_t count;
	int64_t min, max; /* valid when count > 0 */
	double sum, squares;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

/* Adds one value in nanoseconds; a negative one counts as 0. */
void histogram_record(struct histogram *, int64_t value);

/* Adds the value times times, at least once. */
void histogram_record_times(struct histogram *, int64_t value, uint64_t times);

/* Adds everything in from. */
void histogram_merge(struct histogram *, const struct histogram *from);

/*
 * The percentile (0..100): the middle of its bucket, but within min..max; 0 if
 * the histogram is empty.
 */
double histogram_percentile(const struct histogram *, double percent);

/* 0 when empty. */
double histogram_mean(const struct histogram *);
double histogram_deviation(const struct histogram *);

/*
 * Writes the percentiles in milliseconds in HdrHistogram's text format (.hgrm),
 * for tools that plot these.
 */
void histogram_write_hgrm(FILE *, const struct histogram *);

/* The least value that belongs to bucket i. */
int64_t histogram_bucket_floor(size_t i);

#endif
