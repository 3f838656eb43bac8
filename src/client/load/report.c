/* SPDX-License-Identifier: ISC */

#include "client/load/report.h"

#include <inttypes.h>
#include <stddef.h>

#include "common/units.h"

static void
print_cell(FILE *out, double nanoseconds)
{
	char buf[UNITS_STRLEN];

	(void)fprintf(out, " %10s", units_format_span(nanoseconds, buf));
}

static void
print_latency(FILE *out, const char *name, const struct histogram *h)
{
	if (h->count == 0)
		return;
	(void)fprintf(out, "%-10s", name);
	print_cell(out, (double)h->min);
	print_cell(out, histogram_mean(h));
	for (const struct histogram_percentile *p = histogram_percentiles;
	     p->name != NULL; p++)
		print_cell(out, histogram_percentile(h, p->percent));
	print_cell(out, (double)h->max);
	(void)fprintf(out, "\n");
}

static void
print_latencies(FILE *out, const struct results *report)
{
	if (report->raw.count == 0 && report->connect.count == 0)
		return;
	(void)fprintf(out, "\n%-10s %10s %10s", "latency", "min", "avg");
	for (const struct histogram_percentile *p = histogram_percentiles;
	     p->name != NULL; p++)
		(void)fprintf(out, " %10s", p->name);
	(void)fprintf(out, " %10s\n", "max");
	if (report->rate > 0)
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

void
report_text(FILE *out, const struct results *report)
{
	(void)fprintf(out,
	    "\n%s (%s), %" PRIu64 " connection%s%s, %" PRIu64 " bytes\n",
	    report->host,
	    report->address != NULL ? report->address : "no address answers",
	    report->connections, report->connections == 1 ? "" : "s",
	    report->churn ? " at a time, one for each message" : "",
	    report->size);
	results_text(out, report,
	    "time          {seconds} s\n"
	    "connections   {connects}, {connects_per_second}/s\n"
	    "messages      {messages}, {messages_per_second}/s\n"
	    "throughput    {megabytes_per_second} MB/s each way\n");
	print_failures(out, report);
	print_latencies(out, report);
}
