/* SPDX-License-Identifier: ISC */

#include "client/pipe/relay.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/interrupts.h"
#include "common/clock.h"

enum {
	UNVERIFIED_MAX = 256 * 1024 * 1024
};

enum {
	POLL_INPUT,
	POLL_SERVER,
	POLL_OUTPUT,
	POLLS
};

static bool
is_empty(const struct relay_buffer *buffer)
{
	return buffer->start == buffer->end;
}

void
relay_init(struct relay *relay, int fd, bool verifies)
{
	struct stat st;

	relay->fd = fd;
	relay->verifies = verifies;
	relay->moved = clock_now();
	fifo_init(&relay->unverified, UNVERIFIED_MAX);
	if (fstat(STDOUT_FILENO, &st) == 0) {
		relay->stdout_is_file =
		    S_ISREG(st.st_mode) || S_ISBLK(st.st_mode);
		relay->stdout_is_socket = S_ISSOCK(st.st_mode);
	}
}

void
relay_free(struct relay *relay)
{
	fifo_free(&relay->unverified);
}

bool
relay_is_over(const struct relay *relay)
{
	return relay->failed || (relay->answer_ended && is_empty(&relay->in));
}

/*
 * Whether the server's answer, or its end, is missing.  A slow standard input
 * or output does not count.
 */
bool
relay_awaits_server(const struct relay *relay)
{
	return is_empty(&relay->in) &&
	       (relay->sent != relay->received || relay->half_closed);
}

void
relay_fail(struct relay *relay, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(relay->why, sizeof relay->why, format, arguments);
	va_end(arguments);
	relay->failed = true;
}

static bool
is_passing(int error)
{
	return error == EAGAIN || error == EINTR;
}

static bool
read_input(struct relay *relay)
{
	ssize_t n = read(STDIN_FILENO, relay->out.data, sizeof relay->out.data);

	if (n == -1)
		return is_passing(errno);
	relay->input_ended = n == 0;
	relay->out.start = 0;
	relay->out.end = (size_t)n;
	return true;
}

static void
half_close(struct relay *relay)
{
	if (!relay->input_ended || !is_empty(&relay->out) ||
	    relay->half_closed || relay->send_error != 0)
		return;
	/* if the connection has failed, read(2) will report it */
	(void)shutdown(relay->fd, SHUT_WR);
	relay->half_closed = true;
}

/* Stops sending; what the server has sent before can still be read. */
static void
stop_sending(struct relay *relay, int error)
{
	relay->send_error = error;
	relay->input_ended = true;
	relay->out.start = relay->out.end;
}

static void
send_some(struct relay *relay)
{
	struct relay_buffer *out = &relay->out;
	ssize_t n = send(relay->fd, out->data + out->start,
	    out->end - out->start, MSG_NOSIGNAL);

	if (n == -1) {
		if (!is_passing(errno))
			stop_sending(relay, errno);
		return;
	}
	if (relay->verifies &&
	    !fifo_put(&relay->unverified, out->data + out->start, (size_t)n))
		relay_fail(
		    relay, "the server keeps back 256 MiB without answering");
	out->start += (size_t)n;
	relay->sent += (uint64_t)n;
}

static void
verify(struct relay *relay)
{
	struct relay_buffer *in = &relay->in;
	size_t length = in->end - in->start;
	size_t good =
	    fifo_match(&relay->unverified, in->data + in->start, length);

	relay->received += good;
	in->start = in->end;
	if (good == length)
		return;
	relay->wrong = true;
	relay_fail(relay,
	    relay->received == relay->sent
		? "wrong answer: more bytes than the %ju that were sent"
		: "wrong answer: first difference at offset %ju",
	    (uintmax_t)relay->received);
}

static void
receive_some(struct relay *relay)
{
	ssize_t n = read(relay->fd, relay->in.data, sizeof relay->in.data);

	if (n == -1) {
		if (!is_passing(errno))
			relay_fail(relay, "%s", strerror(errno));
		return;
	}
	if (n > 0)
		relay->answered = relay->moved;
	relay->answer_ended = n == 0;
	relay->in.start = 0;
	relay->in.end = (size_t)n;
	if (relay->verifies)
		verify(relay);
	else
		relay->received += (uint64_t)n;
}

/*
 * Writes without blocking.  Standard output may be blocking, and other programs
 * share its flags; but a pipe that poll(2) reports writable has room for
 * PIPE_BUF.
 */
static bool
print_some(struct relay *relay)
{
	struct relay_buffer *in = &relay->in;
	size_t length = in->end - in->start;
	ssize_t n;

	if (relay->stdout_is_socket) {
		n = send(STDOUT_FILENO, in->data + in->start, length,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	} else {
		if (!relay->stdout_is_file && length > PIPE_BUF)
			length = PIPE_BUF;
		n = write(STDOUT_FILENO, in->data + in->start, length);
	}
	if (n == -1)
		return is_passing(errno);
	in->start += (size_t)n;
	return true;
}

/*
 * Fills in the events to wait for.  Reads input only once the last has been
 * sent.
 */
static void
fill_poll_set(const struct relay *relay, struct pollfd pfds[POLLS])
{
	short events = 0;

	if (!is_empty(&relay->out))
		events |= POLLOUT;
	if (is_empty(&relay->in))
		events |= POLLIN;
	pfds[POLL_INPUT] =
	    (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	if (relay->input_ended || !is_empty(&relay->out))
		pfds[POLL_INPUT].fd = -1;
	pfds[POLL_SERVER] = (struct pollfd){
	    .fd = events != 0 ? relay->fd : -1, .events = events};
	pfds[POLL_OUTPUT] = (struct pollfd){
	    .fd = is_empty(&relay->in) ? -1 : STDOUT_FILENO, .events = POLLOUT};
}

static const char *
move(struct relay *relay, const struct pollfd pfds[POLLS])
{
	if (pfds[POLL_INPUT].revents != 0 && !read_input(relay))
		return "standard input";
	if (pfds[POLL_SERVER].revents != 0) {
		relay->moved = clock_now();
		if (is_empty(&relay->in))
			receive_some(relay);
		if (!relay->failed && !is_empty(&relay->out))
			send_some(relay);
	}
	if (pfds[POLL_OUTPUT].revents != 0) {
		relay->moved = clock_now();
		if (!print_some(relay))
			return "standard output";
	}
	half_close(relay);
	return NULL;
}

const char *
relay_step(struct relay *relay, int64_t until)
{
	struct pollfd pfds[POLLS];

	fill_poll_set(relay, pfds);
	(void)interrupts_poll(pfds, POLLS, until);
	return move(relay, pfds);
}
