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

#include "client/commands.h"
#include "client/interrupts.h"
#include "client/pipe/relay.h"
#include "client/race.h"
#include "common/units.h"

static const int64_t progress_interval = 250 * MSEC;

struct pipe_options {
	struct target_options target; /* first: see TARGET_ROWS */
	bool verify;
};

static const struct option_row rows[] = {
    {0, OPTION_FLAG, "verify", NULL, offsetof(struct pipe_options, verify), 0,
	0, "compare the answer instead of printing it"},
    TARGET_ROWS("never"),
    {.name = NULL},
};

static const struct command command = {
    "pipe", "Sends standard input and prints what comes back", rows};

struct pipe_run {
	struct pipe_options options;
	struct relay relay;
	int64_t began;
	int64_t progress; /* the next time to show it; 0 = never */
};

/* Only where it does not disturb what is typed or printed there. */
static bool
wants_progress(const struct pipe_options *options)
{
	return isatty(STDERR_FILENO) && !isatty(STDIN_FILENO) &&
	       (options->verify || !isatty(STDOUT_FILENO));
}

static void
show_progress(struct pipe_run *run, int64_t now)
{
	const struct relay *relay = &run->relay;
	double seconds = (double)(now - run->began) / SEC;

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
			err(STATUS_ERROR, "%s", broken);
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

static int
finish(struct pipe_run *run)
{
	const struct relay *relay = &run->relay;
	uintmax_t sent = relay->sent, received = relay->received;
	const char *wrong = verdict(relay);

	end_progress(run);
	if (interrupts_stop())
		errx(STATUS_ERROR, "interrupted: %ju bytes sent, %ju back",
		    sent, received);
	if (wrong == NULL)
		return STATUS_GOOD;
	warnx("%s: %ju bytes sent, %ju back", wrong, sent, received);
	return STATUS_BAD;
}

static int
connect_to(const struct target *target)
{
	char text[RACE_STRLEN];
	struct race race;
	int fd = race_run(&race, target);

	if (fd == -1)
		errx(errno == EINTR ? STATUS_ERROR : STATUS_BAD, "%s:%s: %s",
		    target->name.host, target->name.port,
		    race_describe(&race, text));
	if (race.count > 1)
		warnx("tried %s", race_describe(&race, text));
	return fd;
}

int
pipe_main(int argc, char **argv)
{
	static struct pipe_run run;
	struct target target;
	const char *host = options_parse(&command, argc, argv, &run.options);

	target_open(&target, &command, &run.options.target, host);
	interrupts_init();
	int fd = connect_to(&target);
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
