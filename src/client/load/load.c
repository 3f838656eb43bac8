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
	const char *svg, *hgrm, *fail_if;
};

#define LOAD_OFFSET(member) offsetof(struct load_options, member)

static const struct option_row rows[] = {
    OPTION('c', type_count, "connections", "N", LOAD_OFFSET(connections), 1,
	CONNECTIONS_MAX, "open at a time (10)"),
    OPTION('d', type_span, "duration", "TIME", LOAD_OFFSET(duration), MSEC,
	SEC * 3600 * 24 * 7, "of the measurement (10s)"),
    OPTION('s', type_size, "size", "BYTES", LOAD_OFFSET(size), 1, SIZE_MAX_LOAD,
	"of a message (64)"),
    OPTION('r', type_count, "rate", "N", LOAD_OFFSET(rate), 1, RATE_MAX,
	"messages per second over all connections"),
    OPTION(0, type_flag, "churn", NULL, LOAD_OFFSET(churn), 0, 0,
	"open a new connection for each message"),
    OPTION(0, type_word, "svg", "FILE", LOAD_OFFSET(svg), 0, 0,
	"draw latency and throughput"),
    OPTION(0, type_word, "hgrm", "FILE", LOAD_OFFSET(hgrm), 0, 0,
	"write percentiles for HdrHistogram's plotters"),
    OPTION(0, type_word, "fail-if", "CONDITIONS", LOAD_OFFSET(fail_if), 0, 0,
	"exit 1 if one is met, as in 'p99>5ms,loss>1%'"),
    TARGET_ROWS("5s", "no line each second; with JSON no text at all"),
    {.name = NULL},
};

static const struct command command = {"load",
    "Measures throughput and latency of an echo server", rows, "HOST[:PORT]"};

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

/* Runs to the end and tells of each second; the last may be shorter. */
static void
run(void)
{
	const struct schedule *schedule = &pool.schedule;
	uint64_t messages = 0;
	int64_t told = 0; /* until when */
	bool over = false, stopped = false;

	pool_open(&pool);
	while (!over) {
		over = pool_run(&pool, (told != 0 ? told : pool.now) + SEC);
		if (told == 0)
			told = schedule->began;
		int64_t until = pool.stopping ? schedule->ends : pool.now;
		bool due = told != 0 && until >= told + SEC;
		if (told != 0 && until > told && !stopped &&
		    (due || pool.stopping || over)) {
			tell_interval(until - told, &messages);
			told = until;
		}
		stopped = pool.stopping;
		if (due || over || interrupts_interim())
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
write_text(FILE *out)
{
	if (out == NULL)
		return;
	report_text(out, &report);
	report_bars(out, &report);
}

static void
parse(int argc, char **argv, struct target *target)
{
	const char *host = options_parse_host(&command, argc, argv, &options);

	threshold_option(
	    &command, "fail-if", options.fail_if, &report.thresholds);
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
	FILE *svg = output_file(options.svg), *hgrm = output_file(options.hgrm);
	target_resolve(&target);
	interrupts_init();
	if (choose_address(&target))
		run();
	results_derive(&report);
	if (svg != NULL)
		svg_write(svg, &report);
	if (hgrm != NULL)
		histogram_write_hgrm(hgrm, results_latency(&report));
	output_file_close(svg, options.svg);
	output_file_close(hgrm, options.hgrm);
	write_text(output_summary());
	return output_end(results_verdict(&report, output_complaints()));
}
