/* SPDX-License-Identifier: ISC */

#include "client/histogram.h"

#include <math.h>

enum {
	SUB = 1 << HISTOGRAM_SUB_BITS
};

static const int64_t value_max = (INT64_C(1) << HISTOGRAM_VALUE_BITS) - 1;

const struct histogram_percentile histogram_percentiles[] = {
    {"p50", 50},
    {"p75", 75},
    {"p90", 90},
    {"p99", 99},
    {"p99.9", 99.9},
    {"p99.99", 99.99},
    {NULL, 0},
};

/* Buckets below 2 * SUB are one wide; then each power of two doubles that. */
static size_t
bucket_of(int64_t value)
{
	if (value < SUB)
		return (size_t)value;
	int shift = 63 - __builtin_clzll((uint64_t)value) - HISTOGRAM_SUB_BITS;
	return (size_t)shift * SUB + (size_t)(value >> shift);
}

int64_t
histogram_bucket_floor(size_t i)
{
	if (i < SUB)
		return (int64_t)i;
	size_t shift = i / SUB - 1;
	return (int64_t)(i - shift * SUB) << shift;
}

void
histogram_record(struct histogram *h, int64_t value)
{
	histogram_record_times(h, value, 1);
}

void
histogram_record_times(struct histogram *h, int64_t value, uint64_t times)
{
	if (value < 0)
		value = 0;
	if (value > value_max)
		value = value_max;
	h->buckets[bucket_of(value)] += times;
	if (h->count == 0 || value < h->min)
		h->min = value;
	if (h->count == 0 || value > h->max)
		h->max = value;
	h->count += times;
	h->sum += (double)value * (double)times;
	h->squares += (double)value * (double)value * (double)times;
}

void
histogram_merge(struct histogram *h, const struct histogram *from)
{
	if (from->count == 0)
		return;
	if (h->count == 0 || from->min < h->min)
		h->min = from->min;
	if (h->count == 0 || from->max > h->max)
		h->max = from->max;
	h->count += from->count;
	h->sum += from->sum;
	h->squares += from->squares;
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		h->buckets[i] += from->buckets[i];
}

static double
bucket_middle(size_t i)
{
	double low = (double)histogram_bucket_floor(i);

	return low + ((double)histogram_bucket_floor(i + 1) - 1 - low) / 2;
}

double
histogram_percentile(const struct histogram *h, double percent)
{
	double rank = ceil(percent / 100 * (double)h->count);
	uint64_t seen = 0;
	size_t i = 0;

	if (h->count == 0)
		return 0;
	if (rank <= 1)
		return (double)h->min;
	if (rank >= (double)h->count)
		return (double)h->max;
	while (
	    i < HISTOGRAM_BUCKETS - 1 && (double)(seen += h->buckets[i]) < rank)
		i++;
	return fmin(fmax(bucket_middle(i), (double)h->min), (double)h->max);
}

double
histogram_mean(const struct histogram *h)
{
	return h->count == 0 ? 0 : h->sum / (double)h->count;
}

double
histogram_deviation(const struct histogram *h)
{
	double mean = histogram_mean(h);

	if (h->count == 0)
		return 0;
	return sqrt(fmax(0, h->squares / (double)h->count - mean * mean));
}
