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
#include "client/output.h"

enum {
	CONNECTIONS_MAX = 1000000,
	RATE_MAX = 100000000,
	SIZE_MAX_LOAD = 16 * 1024 * 1024
};

struct load_options {
	struct target_options target; /* first: see TARGET_ROWS */
	uint64_t connections, size, rate;
	int64_t duration;
	bool churn;
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
    {0, OPTION_TEXT, "svg", "FILE", LOAD_OFFSET(svg), 0, 0,
	"draw latency by percentile"},
    {0, OPTION_TEXT, "fail-if", "CONDITIONS", LOAD_OFFSET(fail_if), 0, 0,
	"exit 1 if one is met, as in 'p99>5ms,loss>1%'"},
    TARGET_ROWS("5s", "no line each second; with JSON no text at all"),
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
static struct results report = {.use = USE_LOAD, .subcommand = "load"};
static struct pool pool;

static int64_t
latency_or_none(const struct histogram *h, double percent)
{
	return h->count == 0 ? -1 : (int64_t)histogram_percentile(h, percent);
}

/* Tells of the time since the last; messages counts those before. */
static void
tell_interval(int64_t span, uint64_t *messages)
{
	const struct histogram *h =
	    report.rate > 0 ? &pool.corrected : &pool.raw;
	double done =
	    (double)(report.answered - *messages) * SEC / (double)span;
	const struct event event = {
	    .seconds = (double)(pool.now - pool.schedule.began) / SEC,
	    .messages = (uint64_t)done,
	    .megabytes = done * (double)report.size / 1e6,
	    .p50 = latency_or_none(h, 50),
	    .p99 = latency_or_none(h, 99),
	    .max = latency_or_none(h, 100),
	    .errors = results_failures(&report),
	};

	*messages = report.answered;
	svg_note_interval(&event);
	output_event(EVENT_INTERVAL, &event);
}

/* Interim reports go where they disturb nobody. */
static void
tell_interim(void)
{
	results_derive(&report);
	report_text(stderr, &report);
}

/* The seconds of the measurement, the last of which may be shorter. */
static void
run(void)
{
	const struct schedule *schedule = &pool.schedule;
	uint64_t messages = 0;
	int64_t last = 0; /* until when intervals have been told */
	bool over = false, whole = false;

	pool_open(&pool);
	while (!over) {
		over = pool_run(&pool, (last != 0 ? last : pool.now) + SEC);
		if (last == 0)
			last = schedule->began;
		int64_t until = pool.stopping ? schedule->ends : pool.now;
		if (last != 0 && !whole &&
		    (until >= last + SEC || pool.stopping || over)) {
			if (until > last)
				tell_interval(until - last, &messages);
			last = until;
			whole = pool.stopping;
		}
		pool_collect(&pool);
		if (interrupts_take_interim())
			tell_interim();
	}
	pool_close(&pool);
}

/* Finds the address that answers; false when none does. */
static bool
choose_address(const struct target *target)
{
	static char text[RACE_STRLEN];
	int fd = race_run(&report.race, target);

	if (fd == -1) {
		if (output_complaints() != NULL)
			warnx("%s:%s: %s", target->name.host, target->name.port,
			    race_describe(&report.race, text));
		if (report.race.error != EINTR) {
			report
			    .failures[failure_from_errno(report.race.error)]++;
			report.lost++;
		}
		return false;
	}
	pool.address = report.race.winner->address;
	report.address = addr_format(pool.address, text);
	output_connected(&report.race);
	(void)close(fd);
	return true;
}

static void
write_svg(FILE *out)
{
	if (out == NULL)
		return;
	svg_write(out, &report);
	bool failed = ferror(out) != 0;
	if (fclose(out) == EOF || failed)
		fatal("%s", options.svg);
}

static FILE *
open_svg(void)
{
	FILE *out = NULL;

	if (options.svg != NULL && (out = fopen(options.svg, "we")) == NULL)
		fatal("%s", options.svg);
	return out;
}

static void
write_text(FILE *out)
{
	if (out == NULL)
		return;
	report_text(out, &report);
	bar_chart_histogram(
	    out, results_latency(&report), bar_chart_has_utf8());
}

static void
parse(int argc, char **argv, struct target *target)
{
	const char *host = options_parse(&command, argc, argv, &options);

	results_parse_conditions(&report, &command, options.fail_if);
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
	output_open(&options.target, &report);
}

int
load_main(int argc, char **argv)
{
	struct target target;

	parse(argc, argv, &target);
	FILE *svg = open_svg();
	target_resolve(&target);
	interrupts_init();
	if (choose_address(&target))
		run();
	results_derive(&report);
	write_svg(svg);
	write_text(output_summary());
	return output_end(results_verdict(&report, output_complaints()));
}
