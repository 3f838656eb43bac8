/* SPDX-License-Identifier: ISC */

#include "client/load/report.h"

#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "common/units.h"

static void
print_latency(FILE *out, const char *name, const struct histogram *h)
{
	if (h->count == 0)
		return;
	(void)fprintf(out, "%-10s", name);
	latency_text(out, h,
	    " {min~:10} {avg~:10} {p50~:10} {p75~:10} {p90~:10} {p99~:10}"
	    " {p99.9~:10} {p99.99~:10} {max~:10}\n");
}

static void
print_latencies(FILE *out, const struct results *report)
{
	if (report->raw.count == 0 && report->connect.count == 0)
		return;
	(void)fprintf(out, "\nlatency           min        avg        p50      "
			   "  p75        p90"
			   "        p99      p99.9     p99.99        max\n");
	print_latency(out, "corrected", &report->corrected);
	print_latency(out, "raw", &report->raw);
	print_latency(out, "connect", &report->connect);
}

static void
print_failures(FILE *out, const struct results *report)
{
	results_text(out, report, "lost          {lost} ({loss_percent}%)");
	for (size_t i = 0; i < FAILURE_KINDS; i++)
		if (report->failures[i] > 0)
			(void)fprintf(out, ", %" PRIu64 " %s",
			    report->failures[i], failure_name((enum failure)i));
	(void)fprintf(out, "\n");
	if (report->first_wrong_text != NULL)
		results_text(out, report, "first wrong   {first_wrong}\n");
	if (report->in_flight > 0)
		results_text(
		    out, report, "in flight     {in_flight} when it ended\n");
	if (report->unsent > 0)
		results_text(out, report,
		    "unsent        {unsent} due messages: the rate was not"
		    " reached\n");
}

/* ---- a bar chart of latency ---- */

enum {
	ROWS = 20,
	WIDTH = 40,
	EIGHTHS = 8
};

/* The rows, from the least to the greatest value, on a logarithmic scale. */
struct scale {
	size_t rows;
	double low, ratio;
	uint64_t counts[ROWS];
};

static bool
has_utf8(void)
{
	return setlocale(LC_CTYPE, "") != NULL &&
	       strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static size_t
row_of(const struct scale *scale, double value)
{
	double row = log(value / scale->low) / log(scale->ratio);

	if (row < 0)
		return 0;
	return row >= (double)scale->rows ? scale->rows - 1 : (size_t)row;
}

/* At most ROWS rows, each at least a tenth of its value wide. */
static void
build_scale(struct scale *scale, const struct histogram *h)
{
	double low = fmax(1, (double)h->min);
	double span = fmax((double)h->max, low) / low;

	*scale = (struct scale){.low = low};
	scale->ratio = fmax(1.1, pow(span, 1.0 / (double)ROWS));
	double rows = ceil(log(span) / log(scale->ratio) - 1e-9);
	scale->rows = rows < 1 ? 1 : rows > (double)ROWS ? ROWS : (size_t)rows;
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		if (h->buckets[i] > 0)
			scale->counts[row_of(scale,
			    fmax(low, (double)histogram_bucket_floor(i)))] +=
			    h->buckets[i];
}

/* Bars in eighths of a character, which '#' rounds. */
struct glyphs {
	const char *parts[EIGHTHS + 1];
	const char *least; /* of what is not zero */
};

static const struct glyphs ascii = {
    {"", "", "", "", "#", "#", "#", "#", "#"}, "."};
static const struct glyphs blocks = {
    {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"}, "▏"};

static void
print_bar(FILE *out, const struct glyphs *glyphs, double length)
{
	long eighths = lround(length * (double)EIGHTHS);
	const char *const *parts = glyphs->parts;

	if (eighths < EIGHTHS && parts[eighths][0] == '\0')
		(void)fputs(glyphs->least, out);
	for (; eighths >= EIGHTHS; eighths -= EIGHTHS)
		(void)fputs(parts[EIGHTHS], out);
	(void)fputs(parts[eighths], out);
}

void
report_bars(FILE *out, const struct results *report)
{
	const struct histogram *h = results_latency(report);
	const struct glyphs *glyphs = has_utf8() ? &blocks : &ascii;
	char label[UNITS_STRLEN];
	struct scale scale;
	uint64_t most = 0;

	if (h->count == 0)
		return;
	build_scale(&scale, h);
	for (size_t i = 0; i < scale.rows; i++)
		if (scale.counts[i] > most)
			most = scale.counts[i];
	(void)fprintf(out, "\n%10s %10s\n", "from", "answers");
	for (size_t i = 0; i < scale.rows; i++) {
		double count = (double)scale.counts[i];
		double from = scale.low * pow(scale.ratio, (double)i);
		(void)fprintf(out, "%10s %10.0f %6.2f%% ",
		    units_format_span(from, label), count,
		    100.0 * count / (double)h->count);
		if (count > 0)
			print_bar(out, glyphs, WIDTH * count / (double)most);
		(void)putc('\n', out);
	}
}

void
report_text(FILE *out, const struct results *report)
{
	(void)fprintf(out,
	    "\n%s (%s), %" PRIu64 " connection%s%s, %" PRIu64 " bytes\n",
	    report->host,
	    report->address != NULL ? report->address : "no address answers",
	    report->asked.connections,
	    report->asked.connections == 1 ? "" : "s",
	    report->asked.churn ? " at a time, one for each message" : "",
	    report->asked.size);
	results_text(out, report,
	    "time          {seconds} s\n"
	    "connections   {connects}, {connects_per_second}/s\n"
	    "messages      {messages}, {messages_per_second}/s\n"
	    "throughput    {megabytes_per_second} MB/s each way\n");
	print_failures(out, report);
	print_latencies(out, report);
}
