/* SPDX-License-Identifier: ISC */

/*
 * echoc load: sends on many connections at once, as fast as possible or at a
 * given rate.  Prints a line each second, then the report.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "client/interrupts.h"
#include "client/load/pool.h"
#include "client/load/report.h"
#include "client/output.h"

/* Static, because its histograms are large. */
static struct pool pool;

static int64_t
latency_or_none(const struct histogram *h, double percent)
{
	return h->count == 0 ? -1 : (int64_t)histogram_percentile(h, percent);
}

/*
 * Prints the figures since the last interval; *messages is the count until
 * then.
 */
static void
tell_interval(int64_t span, uint64_t *messages)
{
	const struct results *report = pool.report;
	const struct histogram *h =
	    report->asked.rate > 0 ? &pool.corrected : &pool.raw;
	double done =
	    (double)(report->answered - *messages) * SEC / (double)span;
	const struct event event = {
	    .seconds = (double)(pool.now - pool.schedule.began) / SEC,
	    .messages = (uint64_t)done,
	    .megabytes = done * (double)report->asked.size / 1e6,
	    .p50 = latency_or_none(h, 50),
	    .p99 = latency_or_none(h, 99),
	    .max = latency_or_none(h, 100),
	    .errors = results_failures(report),
	};

	*messages = report->answered;
	svg_note_interval(&event);
	output_event(EVENT_INTERVAL, &event);
}

/* Prints an interim report to standard error. */
static void
tell_interim(void)
{
	results_derive(pool.report);
	report_text(stderr, pool.report);
}

/* Runs to the end, and prints the figures of each second. */
static void
run(void)
{
	const struct schedule *schedule = &pool.schedule;
	uint64_t messages = 0;
	int64_t ended = 0; /* end of the last interval */
	bool over = false, stopped = false;

	pool_open(&pool);
	while (!over) {
		over = pool_run(&pool, (ended != 0 ? ended : pool.now) + SEC);
		if (ended == 0)
			ended = schedule->began;
		int64_t until = pool.stopping ? schedule->ends : pool.now;
		bool due = ended != 0 && until >= ended + SEC;
		if (ended != 0 && until > ended && !stopped &&
		    (due || pool.stopping || over)) {
			tell_interval(until - ended, &messages);
			ended = until;
		}
		stopped = pool.stopping;
		if (due || over || interrupts_interim())
			pool_collect(&pool);
		if (interrupts_take_interim())
			tell_interim();
	}
	pool_close(&pool);
}

/* Finds an address that answers; false if none does. */
static bool
choose_address(const struct target *target)
{
	struct results *report = pool.report;
	int fd = output_connect(target);

	if (fd != -1) {
		(void)close(fd);
		pool.address = report->race.winner->address;
	} else if (report->race.error != EINTR) {
		report->failures[failure_from_errno(report->race.error)]++;
		report->lost++;
	}
	return fd != -1;
}

static void
write_text(FILE *out)
{
	if (out == NULL)
		return;
	report_text(out, pool.report);
	report_bars(out, pool.report);
}

int
load_run(struct results *report, char **operands)
{
	const struct options *options = &report->asked;
	struct target target;

	threshold_option("fail-if", options->fail_if, &report->thresholds);
	target_open(&target, options, operands);
	output_open(report, &target);
	FILE *svg = output_file(options->svg);
	FILE *hgrm = output_file(options->hgrm);
	pool.target = &target;
	pool.report = report;
	target_resolve(&target);
	interrupts_init();
	if (choose_address(&target))
		run();
	results_derive(report);
	if (svg != NULL)
		svg_write(svg, report);
	if (hgrm != NULL)
		histogram_write_hgrm(hgrm, results_latency(report));
	output_file_close(svg, options->svg);
	output_file_close(hgrm, options->hgrm);
	write_text(output_summary());
	return output_end(results_verdict(report, output_complaints()));
}
