/* SPDX-License-Identifier: ISC */

#include "client/histogram.h"

#include <inttypes.h>
#include <math.h>

#include "common/clock.h"

enum {
	SUB = 1 << HISTOGRAM_SUB_BITS
};

static const int64_t value_max = (INT64_C(1) << HISTOGRAM_VALUE_BITS) - 1;

/* Buckets below 2 * SUB have the width 1; each power of two doubles it. */
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

/* ---- the text form of HdrHistogram ---- */

enum {
	TICKS = 5 /* rows until the distance to 100 % is halved */
};

static void
write_row(FILE *out, double value, double percentile, uint64_t seen)
{
	(void)fprintf(
	    out, "%12.6f %2.12f %10" PRIu64, value / MSEC, percentile, seen);
	if (percentile < 1)
		(void)fprintf(out, " %14.2f", 1 / (1 - percentile));
	(void)putc('\n', out);
}

/* The percentile of the next row. */
static double
next_tick(double percentile)
{
	double halvings = floor(log2(1 / (1 - percentile))) + 1;

	return percentile + 1 / ((double)TICKS * pow(2, halvings));
}

static void
write_rows(FILE *out, const struct histogram *h)
{
	double tick = 0, count = (double)h->count;
	uint64_t seen = 0;

	for (size_t i = 0; i < HISTOGRAM_BUCKETS && seen < h->count; i++) {
		double value = fmin(
		    (double)h->max, (double)histogram_bucket_floor(i + 1) - 1);
		seen += h->buckets[i];
		if (h->buckets[i] == 0)
			continue;
		while (seen < h->count && tick <= (double)seen / count) {
			write_row(out, value, tick, seen);
			tick = next_tick(tick);
		}
	}
	if (h->count > 0)
		write_row(out, (double)h->max, 1, h->count);
}

void
histogram_write_hgrm(FILE *out, const struct histogram *h)
{
	(void)fprintf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile",
	    "TotalCount", "1/(1-Percentile)");
	write_rows(out, h);
	(void)fprintf(out,
	    "#[Mean    = %12.6f, StdDeviation   = %12.6f]\n"
	    "#[Max     = %12.6f, Total count    = %12" PRIu64 "]\n"
	    "#[Buckets = %12d, SubBuckets     = %12d]\n",
	    histogram_mean(h) / MSEC, histogram_deviation(h) / MSEC,
	    (double)h->max / MSEC, h->count,
	    HISTOGRAM_BUCKETS >> HISTOGRAM_SUB_BITS, 1 << HISTOGRAM_SUB_BITS);
}
