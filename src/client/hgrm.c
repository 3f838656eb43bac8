/* SPDX-License-Identifier: ISC */

#include "client/hgrm.h"

#include <inttypes.h>
#include <math.h>

#include "common/clock.h"

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

/* The next percentile that gets a row. */
static double
next_tick(double percentile)
{
	double halvings = floor(log2(1 / (1 - percentile))) + 1;

	return percentile + 1 / (TICKS * pow(2, halvings));
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
hgrm_write(FILE *out, const struct histogram *h)
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
