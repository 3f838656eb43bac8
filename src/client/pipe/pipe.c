/* SPDX-License-Identifier: ISC */

/*
 * echoc pipe: standard input to the server and its answer to standard output,
 * both at once, with a half-close at the end of input.
 */

#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bsd/string.h>

#include "client/commands.h"
#include "client/interrupts.h"
#include "client/output.h"
#include "client/pipe/relay.h"
#include "common/units.h"

static const int64_t progress_interval = 250 * MSEC;

struct pipe_options {
	struct target_options target; /* first: see TARGET_ROWS */
	bool verify;
};

static const struct option_row rows[] = {
    OPTION(0, type_flag, "verify", NULL, offsetof(struct pipe_options, verify),
	0, 0, "compare the answer instead of printing it"),
    TARGET_ROWS("never", "do not show how far it has come"),
    {.name = NULL},
};

static const struct command command = {"pipe",
    "Sends standard input and prints what comes back", rows, "HOST[:PORT]"};

struct pipe_run {
	struct pipe_options options;
	struct relay relay;
	struct results results;
	int64_t began;
	int64_t progress; /* the next time to show it; 0 = never */
};

/* Only where it does not disturb what is typed or printed there. */
static bool
wants_progress(const struct pipe_options *options)
{
	return !options->target.quiet && isatty(STDERR_FILENO) &&
	       !isatty(STDIN_FILENO) &&
	       (options->verify || !isatty(STDOUT_FILENO));
}

static void
show_progress(struct pipe_run *run, int64_t now)
{
	const struct relay *relay = &run->relay;
	/* the rate does not decay once all has come back */
	int64_t until = relay->answer_ended ? relay->moved : now;
	double seconds = (double)(until - run->began) / SEC;

	run->progress = now + progress_interval;
	/* columns, so that a line covers the last one */
	(void)fprintf(stderr, "\r%12.1f MB sent %12.1f MB back %10.1f MB/s",
	    (double)relay->sent / 1e6, (double)relay->received / 1e6,
	    seconds > 0 ? (double)relay->received / 1e6 / seconds : 0);
}

/* The last one stays. */
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
	int64_t timeout = run->options.target.timeout;
	int64_t at = timeout > 0 ? run->relay.moved + timeout : INT64_MAX;

	return run->progress > 0 && run->progress < at ? run->progress : at;
}

/* Gives up a server that has been waited for too long. */
static void
expire(struct pipe_run *run, int64_t now)
{
	struct relay *relay = &run->relay;
	int64_t timeout = run->options.target.timeout;
	char buf[UNITS_STRLEN];

	if (timeout == 0 || now < relay->moved + timeout)
		return;
	relay->moved = now;
	if (!relay_awaits_server(relay))
		return;
	(void)snprintf(relay->why, sizeof relay->why,
	    "nothing from the server within %s",
	    units_format_span((double)timeout, buf));
	relay->failed = true;
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

/* What is wrong with how it ended, or NULL. */
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

/* What is told on standard output only when nothing else is. */
static void
print_success(const struct pipe_run *run)
{
	FILE *out = output_summary();

	if (run->options.verify && out != NULL && !run->options.target.quiet)
		results_text(out, &run->results,
		    "ok: {bytes} bytes came back as they were sent, in"
		    " {seconds} s, {megabytes_per_second} MB/s\n");
}

static int
finish(struct pipe_run *run)
{
	const struct relay *relay = &run->relay;
	struct results *results = &run->results;
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

/* Returns -1 after it has said why there is no connection. */
static int
connect_to(const struct target *target, struct results *results)
{
	static char text[RACE_STRLEN];
	struct race *race = &results->race;
	int fd = race_run(race, target);

	if (fd == -1) {
		(void)strlcpy(text, race_describe(race, text), sizeof text);
		if (output_complaints() != NULL)
			warnx("%s:%s: %s", target->name.host, target->name.port,
			    text);
		results->error = text;
		return -1;
	}
	results->address = addr_format(race->winner->address, text);
	output_connected(race);
	return fd;
}

static void
parse(struct pipe_run *run, int argc, char **argv, struct target *target)
{
	const struct target_options *options = &run->options.target;
	const char *host =
	    options_parse_host(&command, argc, argv, &run->options);

	if ((options->json || options->json_stream) && !run->options.verify)
		options_fail(&command, "JSON needs --verify");
	target_open(target, &command, options, host);
	run->results.host = target->name.host;
	output_open(options, &run->results);
}

int
pipe_main(int argc, char **argv)
{
	static struct pipe_run run = {
	    .results = {.use = USE_PIPE, .subcommand = "pipe"}};
	struct target target;

	parse(&run, argc, argv, &target);
	target_resolve(&target);
	interrupts_init();
	int fd = connect_to(&target, &run.results);
	if (fd == -1)
		return output_end(
		    interrupts_stop() ? STATUS_ERROR : STATUS_BAD);
	relay_init(&run.relay, fd, run.options.verify);
	run.began = clock_now();
	if (wants_progress(&run.options))
		run.progress = run.began + progress_interval;
	run_relay(&run);
	int status = finish(&run);
	(void)close(fd);
	relay_free(&run.relay);
	return status;
}
