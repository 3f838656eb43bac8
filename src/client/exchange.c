/* SPDX-License-Identifier: ISC */

#include "client/exchange.h"

#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/interrupts.h"
#include "client/payload.h"
#include "client/units.h"
#include "common/clock.h"

enum {
	CHUNK = 64 * 1024
};

/* What changes while it runs. */
struct progress {
	int64_t next_write, next_read; /* not before */
	int64_t moved;
	bool closed, ended; /* half-closed; the end was read */
};

static void
expected_bytes(
    const struct exchange *x, uint64_t position, uint8_t *buf, size_t length)
{
	if (x->text != NULL)
		memcpy(buf, x->text + position, length);
	else
		payload_fill(x->stream, x->begin + position, buf, length);
}

static size_t
at_most(uint64_t left, size_t piece)
{
	size_t limit = piece == 0 || piece > CHUNK ? CHUNK : piece;

	return left < limit ? (size_t)left : limit;
}

static bool
may_write(const struct exchange *x)
{
	uint64_t unanswered = x->sent - x->received;

	return x->sent < x->size && (!x->lockstep || unanswered == 0) &&
	       (x->window == 0 || unanswered < x->window);
}

static bool
may_read(const struct exchange *x, const struct progress *p)
{
	return !p->ended && (!x->read_last || x->sent == x->size);
}

static void
stop(struct exchange *x, enum exchange_state state)
{
	if (x->state == EXCHANGE_GOOD)
		x->state = state;
}

static void
stop_errno(struct exchange *x, int error)
{
	if (error == EAGAIN || error == EINTR)
		return;
	x->error = error;
	stop(x, EXCHANGE_FAILED);
}

static void
write_piece(struct exchange *x, struct progress *p, int64_t now)
{
	uint8_t buf[CHUNK];
	size_t length = at_most(x->size - x->sent, x->write_piece);

	expected_bytes(x, x->sent, buf, length);
	ssize_t n = send(x->fd, buf, length, MSG_NOSIGNAL);
	if (n == -1) {
		stop_errno(x, errno);
		return;
	}
	x->sent += (uint64_t)n;
	p->next_write = now + x->write_pause;
	p->moved = now;
}

/* Half-closes once everything has been written. */
static void
close_writing(struct exchange *x, struct progress *p)
{
	if (!x->half_close || p->closed || x->sent < x->size)
		return;
	p->closed = true;
	if (shutdown(x->fd, SHUT_WR) == -1)
		stop_errno(x, errno);
}

static void
compare(struct exchange *x, const uint8_t *buf, size_t length)
{
	uint8_t expected[CHUNK];
	uint64_t unread = x->sent - x->received;
	size_t asked = length < unread ? length : (size_t)unread, i = 0;

	expected_bytes(x, x->received, expected, asked);
	if (memcmp(buf, expected, asked) == 0) {
		x->received += asked;
		if (asked < length)
			stop(x, EXCHANGE_EXTRA);
		return;
	}
	while (buf[i] == expected[i])
		i++;
	x->received += i;
	x->got = buf[i];
	x->expected = expected[i];
	stop(x, EXCHANGE_WRONG);
}

static void
read_piece(struct exchange *x, struct progress *p, int64_t now)
{
	uint8_t buf[CHUNK];
	ssize_t n = read(x->fd, buf, at_most(CHUNK, x->read_piece));

	if (n == -1) {
		stop_errno(x, errno);
		return;
	}
	p->next_read = now + x->read_pause;
	p->moved = now;
	if (n > 0) {
		compare(x, buf, (size_t)n);
		return;
	}
	p->ended = true;
	if (x->received < x->size || !x->half_close)
		stop(x, EXCHANGE_SHORT);
}

static bool
is_complete(const struct exchange *x, const struct progress *p)
{
	return x->received == x->size && (!x->half_close || p->ended);
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Waits for what may be done next; returns the poll events. */
static short
wait_ready(const struct exchange *x, const struct progress *p, int64_t now)
{
	struct pollfd pfd = {.fd = x->fd};
	int64_t at = x->timeout > 0 ? p->moved + x->timeout : INT64_MAX;

	if (may_write(x) && now >= p->next_write)
		pfd.events |= POLLOUT;
	else if (may_write(x))
		at = earlier(at, p->next_write);
	if (may_read(x, p) && now >= p->next_read)
		pfd.events |= POLLIN;
	else if (may_read(x, p))
		at = earlier(at, p->next_read);
	if (pfd.events == 0)
		pfd.fd = -1;
	(void)interrupts_poll(&pfd, 1, at);
	return pfd.revents;
}

static void
step(struct exchange *x, struct progress *p)
{
	int64_t now = clock_now();
	short ready = wait_ready(x, p, now);

	now = clock_now();
	/* what came before an error is read first */
	if ((ready & ~POLLOUT) != 0 && may_read(x, p))
		read_piece(x, p, now);
	else if (ready != 0 && may_write(x))
		write_piece(x, p, now);
	if (x->state == EXCHANGE_GOOD)
		close_writing(x, p);
	if (x->timeout > 0 && now >= p->moved + x->timeout)
		stop(x,
		    x->received == x->size ? EXCHANGE_OPEN : EXCHANGE_TIMEOUT);
	if (interrupts_stop())
		stop(x, EXCHANGE_STOPPED);
}

bool
exchange_run(struct exchange *x)
{
	struct progress p = {.moved = clock_now()};

	x->state = EXCHANGE_GOOD;
	x->sent = x->already;
	x->received = 0;
	close_writing(x, &p);
	while (x->state == EXCHANGE_GOOD && !is_complete(x, &p))
		step(x, &p);
	return x->state == EXCHANGE_GOOD;
}

void
exchange_pause(int64_t span)
{
	(void)interrupts_poll(NULL, 0, clock_now() + span);
}

static const char *
explain(const struct exchange *x)
{
	switch (x->state) {
	case EXCHANGE_GOOD:
		return x->half_close ? "all came back, then the end"
				     : "all came back";
	case EXCHANGE_EXTRA:
		return "then came more than was sent";
	case EXCHANGE_SHORT:
		return "then came the end";
	case EXCHANGE_TIMEOUT:
		return "then nothing more";
	case EXCHANGE_OPEN:
		return "but no end after the half-close";
	case EXCHANGE_STOPPED:
		return "then Ctrl-C";
	case EXCHANGE_FAILED:
		return strerror(x->error);
	case EXCHANGE_WRONG:
		break;
	}
	return "the next one differs";
}

void
exchange_describe(const struct exchange *x, char *buf, size_t size)
{
	int n = snprintf(buf, size, "%ju of %ju bytes sent, %ju right: %s",
	    (uintmax_t)x->sent, (uintmax_t)x->size, (uintmax_t)x->received,
	    explain(x));

	if (x->state == EXCHANGE_WRONG && n > 0 && (size_t)n < size)
		(void)snprintf(buf + n, size - (size_t)n,
		    ", 0x%02x instead of 0x%02x at offset %ju", x->got,
		    x->expected, (uintmax_t)x->received);
}
