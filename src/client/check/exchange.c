/* SPDX-License-Identifier: ISC */

#include "client/check/exchange.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "client/interrupts.h"
#include "common/clock.h"
#include "common/units.h"

/* Writing counts as blocked for good after this time without progress. */
static const int64_t blocked_span = 500 * MSEC;
static const int64_t blocked_interval = 20 * MSEC;

/* The state of a running exchange. */
struct progress {
	uint64_t end;                  /* of this exchange in the stream */
	int64_t next_write, next_read; /* not before these times */
	int64_t moved;
	bool closed, ended; /* half-closed; the end was read */
	int queued;         /* bytes in both queues of the socket, if piles */
	int64_t queue_moved;
};

static bool
may_write(const struct exchange *x, const struct progress *p)
{
	uint64_t unanswered = x->stream.written - x->stream.read;

	return x->stream.written < p->end &&
	       (!x->lockstep || unanswered == 0) &&
	       (x->window == 0 || unanswered < x->window);
}

static bool
may_read(const struct exchange *x, const struct progress *p)
{
	return !p->ended && !x->piles &&
	       (!x->read_last || x->stream.written == p->end);
}

/*
 * Writing is blocked for good when all is written, or when for some time no
 * byte was sent or has arrived.
 */
static void
watch_pile(struct exchange *x, struct progress *p, int64_t now)
{
	int out = 0, in = 0;

	(void)ioctl(x->stream.fd, SIOCOUTQ, &out);
	(void)ioctl(x->stream.fd, SIOCINQ, &in);
	if (p->queued != out + in || p->moved > p->queue_moved)
		p->queue_moved = now;
	p->queued = out + in;
	if (x->stream.written == p->end ||
	    now - p->queue_moved >= blocked_span) {
		x->piles = false;
		p->moved = now;
	}
}

static void
stop(struct exchange *x, enum exchange_state state)
{
	if (x->state == EXCHANGE_GOOD)
		x->state = state;
}

static void
stop_errno(struct exchange *x)
{
	x->error = errno;
	stop(x, EXCHANGE_FAILED);
}

static void
write_piece(struct exchange *x, struct progress *p, int64_t now)
{
	enum stream_state state =
	    stream_send(&x->stream, p->end, x->write_piece);

	if (state == STREAM_FAILED)
		stop_errno(x);
	if (state != STREAM_MOVED)
		return;
	p->next_write = now + x->write_pause;
	p->moved = now;
}

/* Half-closes once everything has been written. */
static void
close_writing(struct exchange *x, struct progress *p)
{
	if (!x->half_close || p->closed || x->stream.written < p->end)
		return;
	p->closed = true;
	if (shutdown(x->stream.fd, SHUT_WR) == -1)
		stop_errno(x);
}

static void
read_piece(struct exchange *x, struct progress *p, int64_t now)
{
	switch (stream_receive(&x->stream, x->read_piece)) {
	case STREAM_WAIT:
		return;
	case STREAM_FAILED:
		stop_errno(x);
		return;
	case STREAM_WRONG:
		stop(x, EXCHANGE_WRONG);
		break;
	case STREAM_EXTRA:
		stop(x, EXCHANGE_EXTRA);
		break;
	case STREAM_END:
		p->ended = true;
		if (x->stream.read < p->end)
			stop(x, EXCHANGE_SHORT);
		break;
	case STREAM_MOVED:
		break;
	}
	p->next_read = now + x->read_pause;
	p->moved = now;
}

static bool
is_complete(const struct exchange *x, const struct progress *p)
{
	return x->stream.read == p->end && (!x->half_close || p->ended);
}

/* Waits until something can be read or written; returns the poll events. */
static short
wait_ready(const struct exchange *x, const struct progress *p, int64_t now)
{
	struct pollfd pfd = {.fd = x->stream.fd};
	int64_t at = x->timeout > 0 ? p->moved + x->timeout : INT64_MAX;

	if (may_write(x, p) && now >= p->next_write)
		pfd.events |= POLLOUT;
	else if (may_write(x, p))
		at = clock_earlier(at, p->next_write);
	if (may_read(x, p) && now >= p->next_read)
		pfd.events |= POLLIN;
	else if (may_read(x, p))
		at = clock_earlier(at, p->next_read);
	if (x->piles)
		at = clock_earlier(at, now + blocked_interval);
	if (pfd.events == 0)
		pfd.fd = -1;
	(void)interrupts_poll(&pfd, 1, at);
	return pfd.revents;
}

static void
step(struct exchange *x, struct progress *p)
{
	short ready = wait_ready(x, p, clock_now());
	int64_t now = clock_now();

	/* read what came before an error */
	if ((ready & ~POLLOUT) != 0 && may_read(x, p))
		read_piece(x, p, now);
	else if (ready != 0 && may_write(x, p))
		write_piece(x, p, now);
	if (x->piles)
		watch_pile(x, p, now);
	if (x->state == EXCHANGE_GOOD)
		close_writing(x, p);
	if (x->timeout > 0 && !x->piles && now >= p->moved + x->timeout)
		stop(x, x->stream.read == p->end ? EXCHANGE_OPEN
						 : EXCHANGE_TIMEOUT);
	if (interrupts_stop())
		stop(x, EXCHANGE_STOPPED);
}

bool
exchange_run(struct exchange *x)
{
	struct progress p = {
	    .end = x->stream.read + x->size, .moved = clock_now()};

	x->state = EXCHANGE_GOOD;
	x->begin = x->stream.read;
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
	static const char *const words[] = {
	    [EXCHANGE_GOOD] = "all came back",
	    [EXCHANGE_WRONG] = "the next one differs",
	    [EXCHANGE_EXTRA] = "then came more than was sent",
	    [EXCHANGE_SHORT] = "then came the end",
	    [EXCHANGE_TIMEOUT] = "then nothing more",
	    [EXCHANGE_OPEN] = "but no end after the half-close",
	    [EXCHANGE_STOPPED] = "then Ctrl-C",
	};

	if (x->state == EXCHANGE_GOOD && x->half_close)
		return "all came back, then the end";
	return x->state == EXCHANGE_FAILED ? strerror(x->error)
					   : words[x->state];
}

void
exchange_describe(const struct exchange *x, char *buf, size_t size)
{
	const struct stream *s = &x->stream;
	uintmax_t right = s->read - x->begin;
	int n = snprintf(buf, size, "%ju of %ju bytes sent, %ju right: %s",
	    (uintmax_t)(s->written - x->begin), (uintmax_t)x->size, right,
	    explain(x));

	if (x->state == EXCHANGE_WRONG && n > 0 && (size_t)n < size)
		(void)snprintf(buf + n, size - (size_t)n,
		    ", 0x%02x instead of 0x%02x at offset %ju", s->got,
		    s->expected, right);
}
