/* SPDX-License-Identifier: ISC */

/*
 * echoc pipe: standard input to the server and its answer to standard output,
 * both at once, with a half-close at the end of input.
 */

#include <sys/socket.h>
#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/commands.h"
#include "client/connect.h"
#include "client/fifo.h"
#include "client/interrupts.h"
#include "client/units.h"

enum {
	CHUNK = 256 * 1024,
	UNVERIFIED_MAX = 256 * 1024 * 1024
};

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

/* Bytes on their way from one descriptor to another. */
struct buffer {
	uint8_t data[CHUNK];
	size_t start, end;
};

struct pipe_run {
	struct pipe_options options;
	int fd;
	bool input_ended, half_closed, answer_ended, failed;
	bool stdout_is_file, stdout_is_socket;
	struct buffer out, in;  /* to the server, from the server */
	struct fifo unverified; /* sent and not yet back, for --verify */
	uint64_t sent, received;
	int64_t began, moved; /* the last time that anything did */
	int64_t progress;     /* the next time to show it; 0 = never */
};

static bool
is_empty(const struct buffer *buffer)
{
	return buffer->start == buffer->end;
}

/* May more input be taken in?  What --verify has to keep is bounded. */
static bool
wants_input(const struct pipe_run *run)
{
	return !run->input_ended && is_empty(&run->out);
}

static void
fail(struct pipe_run *run, const char *why)
{
	warnx("%s", why);
	run->failed = true;
}

static void
read_input(struct pipe_run *run)
{
	ssize_t n = read(STDIN_FILENO, run->out.data, sizeof run->out.data);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1)
		err(STATUS_ERROR, "standard input");
	run->input_ended = n == 0;
	run->out.start = 0;
	run->out.end = (size_t)n;
}

static void
half_close(struct pipe_run *run)
{
	if (!run->input_ended || !is_empty(&run->out) || run->half_closed)
		return;
	/* a connection that is gone already tells so when it is read */
	(void)shutdown(run->fd, SHUT_WR);
	run->half_closed = true;
}

static void
send_some(struct pipe_run *run)
{
	struct buffer *out = &run->out;
	ssize_t n = send(run->fd, out->data + out->start, out->end - out->start,
	    MSG_NOSIGNAL);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1) {
		fail(run, strerror(errno));
		return;
	}
	if (run->options.verify &&
	    !fifo_put(&run->unverified, out->data + out->start, (size_t)n))
		fail(run, "the server keeps back 256 MiB without answering");
	out->start += (size_t)n;
	run->sent += (uint64_t)n;
}

static void
verify(struct pipe_run *run)
{
	struct buffer *in = &run->in;
	size_t length = in->end - in->start;
	char why[96];
	size_t good =
	    fifo_match(&run->unverified, in->data + in->start, length);

	run->received += good;
	in->start = in->end;
	if (good == length)
		return;
	(void)snprintf(why, sizeof why,
	    run->received == run->sent
		? "wrong answer: more bytes than the %ju that were sent"
		: "wrong answer: first difference at offset %ju",
	    (uintmax_t)run->received);
	fail(run, why);
}

static void
receive_some(struct pipe_run *run)
{
	ssize_t n = read(run->fd, run->in.data, sizeof run->in.data);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1) {
		fail(run, strerror(errno));
		return;
	}
	run->answer_ended = n == 0;
	run->in.start = 0;
	run->in.end = (size_t)n;
	if (run->options.verify)
		verify(run);
	else
		run->received += (uint64_t)n;
}

/*
 * Writes without waiting, though standard output blocks and is not ours to
 * change: a pipe that poll(2) calls writable has room for PIPE_BUF.
 */
static void
print_some(struct pipe_run *run)
{
	struct buffer *in = &run->in;
	size_t length = in->end - in->start;
	ssize_t n;

	if (run->stdout_is_socket) {
		n = send(STDOUT_FILENO, in->data + in->start, length,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	} else {
		if (!run->stdout_is_file && length > PIPE_BUF)
			length = PIPE_BUF;
		n = write(STDOUT_FILENO, in->data + in->start, length);
	}
	if (n == -1 && errno != EAGAIN && errno != EINTR)
		err(STATUS_ERROR, "standard output");
	if (n > 0)
		in->start += (size_t)n;
}

static void
show_progress(struct pipe_run *run, int64_t now, const char *end)
{
	double seconds = (double)(now - run->began) / SEC;

	if (run->progress == 0)
		return;
	run->progress = now + progress_interval;
	(void)fprintf(stderr, "\r%.1f MB sent, %.1f MB back, %.1f MB/s\033[K%s",
	    (double)run->sent / 1e6, (double)run->received / 1e6,
	    seconds > 0 ? (double)run->received / 1e6 / seconds : 0, end);
}

static int64_t
next_event(const struct pipe_run *run)
{
	int64_t timeout = run->options.target.timeout;
	int64_t at = timeout > 0 ? run->moved + timeout : INT64_MAX;

	return run->progress > 0 && run->progress < at ? run->progress : at;
}

/*
 * Waits for the server only when its answer, or the end of input, is what is
 * missing: a slow source or reader of ours is no fault of the server's.
 */
static void
expire(struct pipe_run *run, int64_t now)
{
	int64_t timeout = run->options.target.timeout;
	char why[64], buf[UNITS_STRLEN];

	if (timeout == 0 || now < run->moved + timeout)
		return;
	run->moved = now;
	if (!is_empty(&run->in) ||
	    (run->sent == run->received && !run->half_closed))
		return;
	(void)snprintf(why, sizeof why, "nothing from the server within %s",
	    units_format_span((double)timeout, buf));
	fail(run, why);
}

enum {
	POLL_INPUT,
	POLL_SERVER,
	POLL_OUTPUT,
	POLLS
};

static void
sleep_until_ready(struct pipe_run *run, struct pollfd pfds[POLLS])
{
	int64_t at = next_event(run), left = at - clock_now();
	struct timespec timeout = clock_timespec(left > 0 ? left : 0);
	short events = 0;

	if (!is_empty(&run->out))
		events |= POLLOUT;
	if (is_empty(&run->in))
		events |= POLLIN;
	pfds[POLL_INPUT] = (struct pollfd){
	    .fd = wants_input(run) ? STDIN_FILENO : -1, .events = POLLIN};
	pfds[POLL_SERVER] =
	    (struct pollfd){.fd = events != 0 ? run->fd : -1, .events = events};
	pfds[POLL_OUTPUT] = (struct pollfd){
	    .fd = is_empty(&run->in) ? -1 : STDOUT_FILENO, .events = POLLOUT};
	if (ppoll(pfds, POLLS, at == INT64_MAX ? NULL : &timeout,
		interrupts_mask()) == -1) {
		if (errno != EINTR)
			err(STATUS_ERROR, "ppoll");
		memset(pfds, 0, POLLS * sizeof *pfds);
	}
}

static void
step(struct pipe_run *run)
{
	struct pollfd pfds[POLLS];
	int64_t now;

	sleep_until_ready(run, pfds);
	now = clock_now();
	if (pfds[POLL_INPUT].revents != 0)
		read_input(run);
	if (pfds[POLL_SERVER].revents != 0) {
		run->moved = now;
		if (is_empty(&run->in))
			receive_some(run);
		if (!run->failed && !is_empty(&run->out))
			send_some(run);
	}
	if (pfds[POLL_OUTPUT].revents != 0) {
		print_some(run);
		run->moved = now;
	}
	half_close(run);
	expire(run, now);
	if (run->progress != 0 && now >= run->progress)
		show_progress(run, now, "");
}

static int
finish(struct pipe_run *run)
{
	show_progress(run, clock_now(), "\n");
	if (interrupts_stop())
		errx(STATUS_ERROR, "interrupted: %ju bytes sent, %ju back",
		    (uintmax_t)run->sent, (uintmax_t)run->received);
	if (run->failed)
		warnx("%ju bytes sent, %ju back", (uintmax_t)run->sent,
		    (uintmax_t)run->received);
	else if (!run->half_closed)
		warnx("the server closed before the end of input: "
		      "%ju bytes sent, %ju back",
		    (uintmax_t)run->sent, (uintmax_t)run->received);
	else if (run->received != run->sent)
		warnx("wrong answer: %ju bytes sent, %ju back",
		    (uintmax_t)run->sent, (uintmax_t)run->received);
	else
		return STATUS_GOOD;
	return STATUS_BAD;
}

static void
prepare(struct pipe_run *run, const struct target *target)
{
	struct stat st;

	if (fstat(STDOUT_FILENO, &st) == 0) {
		run->stdout_is_file =
		    S_ISREG(st.st_mode) || S_ISBLK(st.st_mode);
		run->stdout_is_socket = S_ISSOCK(st.st_mode);
	}
	fifo_init(&run->unverified, UNVERIFIED_MAX);
	run->fd = connect_wait(target, NULL);
	if (run->fd == -1 || connect_greet(target, run->fd) == -1)
		err(errno == EINTR ? STATUS_ERROR : STATUS_BAD, "%s:%s",
		    target->name.host, target->name.port);
	run->began = run->moved = clock_now();
	if (isatty(STDERR_FILENO))
		run->progress = run->began + progress_interval;
}

int
pipe_main(int argc, char **argv)
{
	static struct pipe_run run;
	struct target target;
	const char *host = options_parse(&command, argc, argv, &run.options);

	target_open(&target, &command, &run.options.target, host);
	interrupts_init();
	prepare(&run, &target);
	while (!run.failed && !interrupts_stop() &&
	       !(run.answer_ended && is_empty(&run.in)))
		step(&run);
	int status = finish(&run);
	(void)close(run.fd);
	fifo_free(&run.unverified);
	target_close(&target);
	return status;
}
