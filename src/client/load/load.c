/* SPDX-License-Identifier: ISC */

/*
 * echoc load: many connections at once, as fast as they go or at a given
 * rate; a line each second, then the report and the exit status.
 */

#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/commands.h"
#include "client/interrupts.h"
#include "client/load/bar_chart.h"
#include "client/load/pool.h"
#include "client/load/report.h"
#include "client/load/svg.h"
#include "client/race.h"
#include "client/threshold.h"
#include "common/units.h"

enum {
	CONNECTIONS_MAX = 1000000,
	RATE_MAX = 100000000,
	SIZE_MAX_LOAD = 16 * 1024 * 1024
};

struct load_options {
	struct target_options target; /* first: see TARGET_ROWS */
	uint64_t connections, size, rate;
	int64_t duration;
	bool churn, json, quiet;
	const char *svg, *fail_if;
};

#define LOAD_OFFSET(member) offsetof(struct load_options, member)

static const struct option_row rows[] = {
    {'c', OPTION_COUNT, "connections", "N", LOAD_OFFSET(connections), 1,
	CONNECTIONS_MAX, "open at a time (10)"},
    {'d', OPTION_SPAN, "duration", "TIME", LOAD_OFFSET(duration), MSEC,
	SEC * 3600 * 24 * 7, "of the measurement (10s)"},
    {'s', OPTION_SIZE, "size", "BYTES", LOAD_OFFSET(size), 1, SIZE_MAX_LOAD,
	"of a message (64)"},
    {'r', OPTION_COUNT, "rate", "N", LOAD_OFFSET(rate), 1, RATE_MAX,
	"messages per second over all connections"},
    {0, OPTION_FLAG, "churn", NULL, LOAD_OFFSET(churn), 0, 0,
	"open a new connection for each message"},
    {0, OPTION_FLAG, "json", NULL, LOAD_OFFSET(json), 0, 0,
	"JSON on standard output, all else on stderr"},
    {0, OPTION_TEXT, "svg", "FILE", LOAD_OFFSET(svg), 0, 0,
	"draw latency by percentile"},
    {0, OPTION_TEXT, "fail-if", "CONDITIONS", LOAD_OFFSET(fail_if), 0, 0,
	"exit 1 if one is met, as in 'p99>5ms,loss>1%'"},
    {'q', OPTION_FLAG, "quiet", NULL, LOAD_OFFSET(quiet), 0, 0,
	"no line each second"},
    TARGET_ROWS("5s"),
    {.name = NULL},
};

static const struct command command = {
    "load", "Measures throughput and latency of an echo server", rows};

static struct load_options options = {
    .connections = 10,
    .size = 64,
    .duration = 10 * SEC,
    .target = {.timeout = 5 * SEC},
};

/* Static because its histograms are large. */
static struct report report;
static struct pool pool;

static uint64_t
count_failures(void)
{
	uint64_t count = 0;

	for (size_t i = 0; i < FAILURE_KINDS; i++)
		count += report.failures[i];
	return count;
}

/* One line on the time since the last; messages counts those before. */
static void
print_progress(int64_t span, uint64_t *messages)
{
	const struct histogram *h =
	    report.rate > 0 ? &pool.corrected : &pool.raw;
	double seconds = (double)span / SEC;
	uint64_t done = report.answered - *messages;
	char p50[UNITS_STRLEN], p99[UNITS_STRLEN], max[UNITS_STRLEN];

	*messages = report.answered;
	if (options.quiet || span <= 0)
		return;
	(void)fprintf(stderr,
	    "%6.1f s %9.0f msg/s %9.2f MB/s  p50 %s  p99 %s  max %s  %ju"
	    " errors\n",
	    (double)(pool.now - pool.schedule.began) / SEC,
	    (double)done / seconds,
	    (double)(done * report.size) / seconds / 1e6,
	    units_format_span(histogram_percentile(h, 50), p50),
	    units_format_span(histogram_percentile(h, 99), p99),
	    units_format_span((double)h->max, max),
	    (uintmax_t)count_failures());
}

static void
run(void)
{
	uint64_t messages = 0;
	int64_t last;
	bool over = false;

	pool_open(&pool);
	last = pool.now;
	while (!over) {
		over = pool_run(&pool, last + SEC);
		if (!pool.stopping && pool.now >= last + SEC) {
			print_progress(pool.now - last, &messages);
			last += SEC;
		}
		pool_collect(&pool);
		if (pool.now >= last + SEC)
			last = pool.now;
		if (interrupts_take_interim())
			report_text(stderr, &report);
	}
	pool_close(&pool);
}

/* Finds the address that answers; false when none does. */
static bool
choose_address(const struct target *target)
{
	static struct race race;
	char text[RACE_STRLEN];
	int fd = race_run(&race, target);

	if (fd == -1) {
		warnx("%s:%s: %s", target->name.host, target->name.port,
		    race_describe(&race, text));
		if (race.error != EINTR) {
			report.failures[failure_from_errno(race.error)]++;
			report.lost++;
		}
		return false;
	}
	pool.address = race.winner->address;
	(void)close(fd);
	return true;
}

static int
verdict(const struct threshold_list *thresholds)
{
	struct measurements measured;
	bool excused = threshold_judges_loss(thresholds) &&
		       report.failures[FAILURE_WRONG] == 0;
	int status = STATUS_GOOD;

	report_measure(&report, &measured);
	if ((count_failures() > 0 && !excused) || report.answered == 0)
		status = STATUS_BAD;
	for (size_t i = 0; i < thresholds->count; i++)
		if (threshold_failed(&thresholds->items[i], &measured)) {
			warnx("%s", thresholds->items[i].text);
			status = STATUS_BAD;
		}
	return status;
}

static void
write_svg(FILE *out)
{
	if (out == NULL)
		return;
	svg_write(out, &report);
	bool failed = ferror(out) != 0;
	if (fclose(out) == EOF || failed)
		err(STATUS_ERROR, "%s", options.svg);
}

static FILE *
open_svg(void)
{
	FILE *out = NULL;

	if (options.svg != NULL && (out = fopen(options.svg, "we")) == NULL)
		err(STATUS_ERROR, "%s", options.svg);
	return out;
}

static void
write_reports(const struct threshold_list *thresholds, int status)
{
	FILE *text = options.json ? stderr : stdout;

	report_text(text, &report);
	bar_chart_histogram(
	    text, report_latency(&report), bar_chart_has_utf8());
	if (options.json)
		report_json(stdout, &report, thresholds, status);
}

static void
parse(int argc, char **argv, struct target *target,
    struct threshold_list *thresholds)
{
	const char *host = options_parse(&command, argc, argv, &options);
	const char *errstr;

	if (options.fail_if != NULL &&
	    (errstr = threshold_parse(options.fail_if, thresholds)) != NULL)
		options_fail(
		    &command, "--fail-if=%s: %s", options.fail_if, errstr);
	target_open(target, &command, &options.target, host);
	report.host = target->name.host;
	report.connections = options.connections;
	report.size = options.size;
	report.rate = options.rate;
	report.churn = options.churn;
	pool.target = target;
	pool.duration = options.duration;
	pool.schedule.rate = options.rate;
	pool.report = &report;
}

int
load_main(int argc, char **argv)
{
	struct target target;
	struct threshold_list thresholds = {0};
	char address[ADDR_STRLEN] = "";

	parse(argc, argv, &target, &thresholds);
	FILE *svg = open_svg();
	interrupts_init();
	report.address = address;
	if (choose_address(&target)) {
		(void)addr_format(pool.address, address);
		run();
	}
	int status = verdict(&thresholds);
	write_svg(svg);
	write_reports(&thresholds, status);
	return status;
}
