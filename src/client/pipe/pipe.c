/* SPDX-License-Identifier: ISC */

/*
 * echoc pipe: sends standard input to the server and writes its answer to
 * standard output at the same time; half-closes at the end of input.
 */

#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bsd/string.h>

#include "client/interrupts.h"
#include "client/output.h"
#include "client/pipe/relay.h"
#include "common/units.h"

static const int64_t progress_interval = 250 * MSEC;

struct pipe_run {
	struct results *results;
	struct relay relay;
	int64_t began;
	int64_t progress; /* the next time to show it; 0 = never */
};

/* Whether to show progress: not on a terminal that is also input or output. */
static bool
wants_progress(const struct options *options)
{
	return !options->quiet && isatty(STDERR_FILENO) &&
	       !isatty(STDIN_FILENO) &&
	       (options->verify || !isatty(STDOUT_FILENO));
}

static void
show_progress(struct pipe_run *run, int64_t now)
{
	const struct relay *relay = &run->relay;
	/* keep the final rate once all has come back */
	bool complete = relay->half_closed && relay->received == relay->sent;
	int64_t until = complete ? relay->answered : now;
	double seconds = (double)(until - run->began) / SEC;

	run->progress = now + progress_interval;
	/* fixed columns, so that each line covers the last */
	(void)fprintf(stderr, "\r%12.1f MB sent %12.1f MB back %10.1f MB/s",
	    (double)relay->sent / 1e6, (double)relay->received / 1e6,
	    seconds > 0 ? (double)relay->received / 1e6 / seconds : 0);
}

/* Ends the line of progress. */
static void
end_progress(struct pipe_run *run)
{
	int saved = errno;

	if (run->progress == 0)
		return;
	show_progress(run, clock_now());
	(void)putc('\n', stderr);
	errno = saved;
}

static int64_t
next_event(const struct pipe_run *run)
{
	int64_t timeout = run->results->asked.timeout;
	int64_t at = timeout > 0 ? run->relay.moved + timeout : INT64_MAX;

	return run->progress > 0 && run->progress < at ? run->progress : at;
}

/* Ends the run if the server has not answered in time. */
static void
expire(struct pipe_run *run, int64_t now)
{
	struct relay *relay = &run->relay;
	int64_t timeout = run->results->asked.timeout;
	char buf[UNITS_STRLEN];

	if (timeout == 0 || now < relay->moved + timeout)
		return;
	relay->moved = now;
	if (relay_awaits_server(relay))
		relay_fail(relay, "nothing from the server within %s",
		    units_format_span((double)timeout, buf));
}

static void
run_relay(struct pipe_run *run)
{
	while (!relay_is_over(&run->relay) && !interrupts_stop()) {
		const char *broken = relay_step(&run->relay, next_event(run));
		int64_t now = clock_now();
		if (broken != NULL) {
			end_progress(run);
			fatal("%s", broken);
		}
		expire(run, now);
		if (run->progress != 0 && now >= run->progress)
			show_progress(run, now);
	}
}

/* The error of the run, or NULL. */
static const char *
verdict(const struct relay *relay)
{
	if (relay->failed)
		return relay->why;
	if (relay->send_error != 0)
		return strerror(relay->send_error);
	if (!relay->half_closed)
		return "the server closed before the end of input";
	return relay->received != relay->sent ? "wrong answer" : NULL;
}

/* Prints the result, if standard output has nothing else. */
static void
print_success(const struct pipe_run *run)
{
	FILE *out = output_summary();

	if (run->results->asked.verify && out != NULL &&
	    !run->results->asked.quiet)
		results_text(out, run->results,
		    "ok: {bytes} bytes came back as they were sent, in"
		    " {seconds} s, {megabytes_per_second} MB/s\n");
}

static int
finish(struct pipe_run *run)
{
	const struct relay *relay = &run->relay;
	struct results *results = run->results;
	const char *wrong = verdict(relay);

	end_progress(run);
	results->bytes_sent = relay->sent;
	results->bytes = relay->received;
	results->elapsed = relay->moved - run->began;
	if (relay->wrong)
		(void)strlcpy(results->first_wrong, relay->why,
		    sizeof results->first_wrong);
	results_derive(results);
	if (interrupts_stop())
		fatalx("interrupted: %ju bytes sent, %ju back",
		    (uintmax_t)relay->sent, (uintmax_t)relay->received);
	if (wrong == NULL) {
		print_success(run);
		return output_end(STATUS_GOOD);
	}
	results->error = wrong;
	if (output_complaints() != NULL)
		warnx("%s: %ju bytes sent, %ju back", wrong,
		    (uintmax_t)relay->sent, (uintmax_t)relay->received);
	return output_end(STATUS_BAD);
}

int
pipe_run(struct results *results, char **operands)
{
	static struct pipe_run run;
	const struct options *options = &results->asked;
	struct target target;

	if ((options->json || options->json_stream) && !options->verify)
		options_fail("JSON needs --verify");
	target_open(&target, options, operands);
	output_open(results, &target);
	target_resolve(&target);
	interrupts_init();
	int fd = output_connect(&target);
	if (fd == -1)
		return output_end(
		    interrupts_stop() ? STATUS_ERROR : STATUS_BAD);
	run.results = results;
	run.began = clock_now();
	relay_init(&run.relay, fd, options->verify);
	if (wants_progress(options))
		run.progress = run.began + progress_interval;
	run_relay(&run);
	int status = finish(&run);
	(void)close(fd);
	relay_free(&run.relay);
	return status;
}
