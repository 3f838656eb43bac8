/* SPDX-License-Identifier: ISC */

/*
 * The echo loop needs no poll and no clock: the socket blocks, its own timeouts
 * end a wait as EAGAIN, and signals end it as EINTR.
 *
 * A session that is to end, because the daemon stops or its lifetime is over,
 * does so when it is quiet: when it has waited for input from one signal to
 * the next, a tenth of a second later, so that everything received has been
 * echoed and nothing is on its way.  The signal is repeated, so it does not
 * matter when one comes between two calls.
 */

#include "child/session.h"

#include <sys/syscall.h>
#include <sys/time.h>

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "child/proxy.h"
#include "child/session_state.h"
#include "common/clock.h"
#include "common/proctitle.h"
#include "common/signals.h"

enum {
	/*
	 * How many signals a session that is over may spend looking for a
	 * quiet moment, each a hundredth of its lifetime after the other.
	 */
	LIFETIME_GRACE = 5
};

static void
announce_departure(const struct session *session)
{
	_Atomic uint32_t *last = &session->departures->last;
	uint32_t before = atomic_load_explicit(last, memory_order_relaxed);

	do
		atomic_store_explicit(
		    &session->line->before, before, memory_order_relaxed);
	while (!atomic_compare_exchange_weak_explicit(last, &before,
	    session->number, memory_order_release, memory_order_relaxed));
}

static _Noreturn void
leave(const struct session *session, enum reason reason)
{
	atomic_store_explicit(
	    &session->line->reason, (uint8_t)reason, memory_order_relaxed);
	if (session->departures != NULL)
		announce_departure(session);
	for (;;)
		(void)syscall(SYS_exit, 0);
}

/* Sends SIGALRM at the end of the lifetime, and over and over after it. */
static bool
lifetime_start(int64_t lifetime)
{
	int64_t tick = lifetime / 100;
	struct itimerval timer;

	if (lifetime == 0)
		return true;
	if (tick < MSEC)
		tick = MSEC;
	if (tick > 100 * MSEC)
		tick = 100 * MSEC;
	timer.it_value.tv_sec = (time_t)(lifetime / SEC);
	timer.it_value.tv_usec = (suseconds_t)(lifetime % SEC / USEC);
	timer.it_interval.tv_sec = 0;
	timer.it_interval.tv_usec = (suseconds_t)(tick / USEC);
	return setitimer(ITIMER_REAL, &timer, NULL) == 0;
}

/* Whether the lifetime is over for good, quiet or not. */
static bool
overdue(void)
{
	if (signals_take(SIGALRM))
		session_state.alarms++;
	return session_state.alarms > LIFETIME_GRACE;
}

/* A wait for input was interrupted: is it time to go? */
static enum reason
interrupted(void)
{
	if (signals_take(SIGTERM))
		session_state.stopping = true;
	bool over = overdue();
	if (!session_state.stopping && session_state.alarms == 0)
		return REASON_NONE; /* stopped and continued, or traced */
	if (!session_state.quiet && !over) {
		session_state.quiet = true;
		return REASON_NONE;
	}
	return session_state.stopping ? REASON_SHUTDOWN : REASON_LIFETIME;
}

static enum reason
connection_failed(int error)
{
	/* ETIMEDOUT: the peer has not acknowledged for write-timeout. */
	return error == ETIMEDOUT ? REASON_STALLED : REASON_RESET;
}

static enum reason
nothing_read(ssize_t count)
{
	if (count == 0)
		return REASON_CLIENT;
	switch (errno) {
	case EINTR:
		return interrupted();
	case EAGAIN:
		return REASON_IDLE;
	default:
		return connection_failed(errno);
	}
}

/* The session is the line's only writer, so nothing need be locked. */
static void
report(struct board_line *line, ssize_t echoed)
{
	uint64_t bytes =
	    atomic_load_explicit(&line->bytes, memory_order_relaxed);

	atomic_store_explicit(
	    &line->bytes, bytes + (uint64_t)echoed, memory_order_relaxed);
}

static enum reason
write_all(int fd, const char *data, size_t length, struct board_line *line)
{
	unsigned waited = 0;

	while (length > 0) {
		ssize_t count = write(fd, data, length);
		if (count > 0) {
			report(line, count);
			data += count;
			length -= (size_t)count;
			waited = 0;
		} else if (count == -1 && errno == EAGAIN) {
			if (++waited == STALL_SLICES)
				return REASON_STALLED;
		} else if (count == 0 || errno != EINTR) {
			return connection_failed(errno);
		}
		if (overdue())
			return REASON_LIFETIME;
	}
	return REASON_NONE;
}

/* The release makes the parent see the client before it sees that it may. */
static void
report_header(struct board_line *line, const struct proxy_parser *parser)
{
	line->client = parser->client;
	atomic_store_explicit(&line->header,
	    parser->named ? HEADER_NAMED : HEADER_LOCAL, memory_order_release);
}

/* Reads the PROXY header and echoes what came with its end. */
static enum reason
take_header(int fd, struct board_line *line)
{
	struct proxy_parser parser = {0};
	enum proxy_state state = PROXY_MORE;
	enum reason reason;
	size_t taken = 0;
	ssize_t count = 0;

	while (state == PROXY_MORE) {
		count =
		    read(fd, session_state.buffer, sizeof session_state.buffer);
		if (count <= 0) {
			reason = nothing_read(count);
			if (reason == REASON_NONE)
				continue; /* the parent watches the time */
			return reason == REASON_SHUTDOWN ? reason
							 : REASON_PROXY;
		}
		state =
		    proxy_feed(&parser, (const uint8_t *)session_state.buffer,
			(size_t)count, &taken);
	}
	if (state == PROXY_BAD)
		return REASON_PROXY;
	report_header(line, &parser);
	return write_all(
	    fd, session_state.buffer + taken, (size_t)count - taken, line);
}

static enum reason
echo(int fd, struct board_line *line)
{
	enum reason reason;

	do {
		ssize_t count =
		    read(fd, session_state.buffer, sizeof session_state.buffer);
		if (count <= 0) {
			reason = nothing_read(count);
			continue;
		}
		session_state.quiet = false;
		reason =
		    write_all(fd, session_state.buffer, (size_t)count, line);
	} while (reason == REASON_NONE);
	return reason;
}

void
session_run(const struct session *session)
{
	if (!signals_session() ||
	    !sandbox_isolate(session->fd, session->parent))
		leave(session, REASON_SANDBOX);
	proctitle_set(session->title);
	if (!lifetime_start(session->max_lifetime) ||
	    !sandbox_enter(session->sandbox))
		leave(session, REASON_SANDBOX);
	enum reason reason = session->proxied
				 ? take_header(session->fd, session->line)
				 : REASON_NONE;
	if (reason == REASON_NONE)
		reason = echo(session->fd, session->line);
	leave(session, reason);
}
