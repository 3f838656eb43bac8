/* SPDX-License-Identifier: ISC */

#include "client/load/report.h"

#include <inttypes.h>
#include <stddef.h>

#include "common/clock.h"
#include "common/units.h"

const struct report_percentile report_percentiles[] = {
    {"p50", 50},
    {"p75", 75},
    {"p90", 90},
    {"p99", 99},
    {"p99.9", 99.9},
    {"p99.99", 99.99},
    {NULL, 0},
};

const struct histogram *
report_latency(const struct report *report)
{
	return report->rate > 0 ? &report->corrected : &report->raw;
}

static double
per_second(const struct report *report, uint64_t count)
{
	if (report->elapsed == 0)
		return 0;
	return (double)count * SEC / (double)report->elapsed;
}

static double
megabytes_per_second(const struct report *report)
{
	return per_second(report, report->bytes) / 1e6;
}

static double
loss_percent(const struct report *report)
{
	uint64_t all = report->answered + report->lost;

	return all == 0 ? 0 : 100.0 * (double)report->lost / (double)all;
}

void
report_measure(const struct report *report, struct measurements *measured)
{
	*measured = (struct measurements){
	    .latency = report_latency(report),
	    .loss = loss_percent(report),
	    .errors = (double)report->lost,
	    .rate = per_second(report, report->messages),
	    .conns = per_second(report, report->connects),
	};
}

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
	for (const struct report_percentile *p = report_percentiles;
	     p->name != NULL; p++)
		print_cell(out, histogram_percentile(h, p->percent));
	print_cell(out, (double)h->max);
	(void)fprintf(out, "\n");
}

static void
print_latencies(FILE *out, const struct report *report)
{
	if (report->raw.count == 0 && report->connect.count == 0)
		return;
	(void)fprintf(out, "\n%-10s %10s %10s", "latency", "min", "avg");
	for (const struct report_percentile *p = report_percentiles;
	     p->name != NULL; p++)
		(void)fprintf(out, " %10s", p->name);
	(void)fprintf(out, " %10s\n", "max");
	if (report->rate > 0)
		print_latency(out, "corrected", &report->corrected);
	print_latency(out, "raw", &report->raw);
	print_latency(out, "connect", &report->connect);
}

static void
print_failures(FILE *out, const struct report *report)
{
	(void)fprintf(out, "lost          %" PRIu64 " (%.4g%%)", report->lost,
	    loss_percent(report));
	for (size_t i = 0; i < FAILURE_KINDS; i++)
		if (report->failures[i] > 0)
			(void)fprintf(out, ", %" PRIu64 " %s",
			    report->failures[i], failure_name((enum failure)i));
	(void)fprintf(out, "\n");
	if (report->first_wrong[0] != '\0')
		(void)fprintf(out, "first wrong   %s\n", report->first_wrong);
	if (report->unsent > 0)
		(void)fprintf(out,
		    "unsent        %" PRIu64
		    " due messages: the rate was not reached\n",
		    report->unsent);
}

void
report_text(FILE *out, const struct report *report)
{
	(void)fprintf(out,
	    "\n%s (%s), %" PRIu64 " connection%s%s, %" PRIu64 " bytes\n",
	    report->host, report->address, report->connections,
	    report->connections == 1 ? "" : "s",
	    report->churn ? " at a time, one for each message" : "",
	    report->size);
	(void)fprintf(
	    out, "time          %.2f s\n", (double)report->elapsed / SEC);
	(void)fprintf(out, "connections   %" PRIu64 ", %.1f/s\n",
	    report->connects, per_second(report, report->connects));
	(void)fprintf(out, "messages      %" PRIu64 ", %.1f/s\n",
	    report->messages, per_second(report, report->messages));
	(void)fprintf(out, "throughput    %.2f MB/s each way\n",
	    megabytes_per_second(report));
	print_failures(out, report);
	print_latencies(out, report);
}

static void
json_string(FILE *out, const char *text)
{
	(void)putc('"', out);
	for (; *text != '\0'; text++)
		if (*text == '"' || *text == '\\')
			(void)fprintf(out, "\\%c", *text);
		else if ((unsigned char)*text < 0x20)
			(void)fprintf(out, "\\u%04x", (unsigned)*text);
		else
			(void)putc(*text, out);
	(void)putc('"', out);
}

static void
json_latency(FILE *out, const char *name, const struct histogram *h)
{
	(void)fprintf(out, "    \"%s\": ", name);
	if (h->count == 0) {
		(void)fprintf(out, "null");
		return;
	}
	(void)fprintf(out,
	    "{\"count\": %" PRIu64 ", \"min\": %.6f, \"avg\": %.6f"
	    ", \"stddev\": %.6f, \"max\": %.6f",
	    h->count, (double)h->min / MSEC, histogram_mean(h) / MSEC,
	    histogram_deviation(h) / MSEC, (double)h->max / MSEC);
	for (const struct report_percentile *p = report_percentiles;
	     p->name != NULL; p++)
		(void)fprintf(out, ", \"%s\": %.6f", p->name,
		    histogram_percentile(h, p->percent) / MSEC);
	(void)fprintf(out, "}");
}

static void
json_failures(FILE *out, const struct report *report)
{
	(void)fprintf(out, "  \"errors\": {");
	for (size_t i = 0; i < FAILURE_KINDS; i++)
		(void)fprintf(out, "%s\"%s\": %" PRIu64, i == 0 ? "" : ", ",
		    failure_name((enum failure)i), report->failures[i]);
	(void)fprintf(out, "},\n  \"first_wrong\": ");
	if (report->first_wrong[0] == '\0')
		(void)fprintf(out, "null");
	else
		json_string(out, report->first_wrong);
	(void)fprintf(out, ",\n");
}

static void
json_thresholds(FILE *out, const struct threshold_list *list,
    const struct measurements *measured)
{
	(void)fprintf(out, "  \"thresholds\": [");
	for (size_t i = 0; i < list->count; i++) {
		const struct threshold *t = &list->items[i];
		(void)fprintf(out, "%s{\"condition\": ", i == 0 ? "" : ", ");
		json_string(out, t->text);
		(void)fprintf(out, ", \"failed\": %s}",
		    threshold_failed(t, measured) ? "true" : "false");
	}
	(void)fprintf(out, "],\n");
}

static void
json_counts(FILE *out, const struct report *report)
{
	(void)fprintf(
	    out, "  \"seconds\": %.6f,\n", (double)report->elapsed / SEC);
	(void)fprintf(out, "  \"messages\": %" PRIu64 ",\n", report->messages);
	(void)fprintf(out, "  \"messages_per_second\": %.3f,\n",
	    per_second(report, report->messages));
	(void)fprintf(out, "  \"connects\": %" PRIu64 ",\n", report->connects);
	(void)fprintf(out, "  \"connects_per_second\": %.3f,\n",
	    per_second(report, report->connects));
	(void)fprintf(out, "  \"bytes\": %" PRIu64 ",\n", report->bytes);
	(void)fprintf(out, "  \"megabytes_per_second\": %.6f,\n",
	    megabytes_per_second(report));
	(void)fprintf(out, "  \"answered\": %" PRIu64 ",\n", report->answered);
	(void)fprintf(out, "  \"lost\": %" PRIu64 ",\n", report->lost);
	(void)fprintf(out, "  \"loss_percent\": %.6f,\n", loss_percent(report));
	(void)fprintf(out, "  \"unsent\": %" PRIu64 ",\n", report->unsent);
}

void
report_json(FILE *out, const struct report *report,
    const struct threshold_list *thresholds, int status)
{
	struct measurements measured;

	report_measure(report, &measured);
	(void)fprintf(out, "{\n  \"echoc\": \"%s\",\n  \"host\": ", VERSION);
	json_string(out, report->host);
	(void)fprintf(out, ",\n  \"address\": ");
	json_string(out, report->address);
	(void)fprintf(out,
	    ",\n  \"connections\": %" PRIu64 ",\n  \"size\": %" PRIu64
	    ",\n  \"rate\": ",
	    report->connections, report->size);
	if (report->rate == 0)
		(void)fprintf(out, "null");
	else
		(void)fprintf(out, "%" PRIu64, report->rate);
	(void)fprintf(
	    out, ",\n  \"churn\": %s,\n", report->churn ? "true" : "false");
	json_counts(out, report);
	json_failures(out, report);
	(void)fprintf(out, "  \"latency_ms\": {\n");
	json_latency(out, "corrected", &report->corrected);
	(void)fprintf(out, ",\n");
	json_latency(out, "raw", &report->raw);
	(void)fprintf(out, ",\n");
	json_latency(out, "connect", &report->connect);
	(void)fprintf(out, "\n  },\n");
	json_thresholds(out, thresholds, &measured);
	(void)fprintf(out, "  \"exit_status\": %d\n}\n", status);
}
