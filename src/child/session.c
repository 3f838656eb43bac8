/* SPDX-License-Identifier: ISC */

/*
 * The echo loop needs no poll and no clock: the socket blocks, its timeouts end
 * a wait with EAGAIN, and signals end it with EINTR.
 *
 * When the daemon stops, or its lifetime is over, a session ends once it is
 * quiet: it has waited for input from one signal to a later one, so everything
 * that it received has been echoed.  It cannot know what its client still has
 * to read or to send; if the client has sent something since the stop began, it
 * waits longer.  Signals are repeated every tenth of a second, so one may be
 * missed between two calls.
 */

#include "child/session.h"

#include <sys/time.h>

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "child/proxy.h"
#include "child/session_state.h"
#include "common/calls.h"
#include "common/clock.h"
#include "common/confined.h"
#include "common/proctitle.h"
#include "common/signals.h"

enum {
	/*
	 * The number of signals that a session whose lifetime is over waits to
	 * become quiet.  They come every hundredth of the lifetime.
	 */
	LIFETIME_GRACE = 5,

	/*
	 * The number of signals without input in between that end a session
	 * when the daemon stops.  One is not enough: a client may be slow, or
	 * may get no processor.
	 */
	STOP_GRACE = 3,
	STOP_GRACE_ACTIVE = 10
};

/*
 * Sends a report.  If the queue is full, write(2) blocks until the parent has
 * read from it.
 */
CONFINED static void
report(const struct session *session, struct report message)
{
	message.serial = session->serial;
	message.bytes = session_state.bytes;
	while (call_write(session->reports, &message, sizeof message) == -EINTR)
		continue;
}

/* Answers the parent's question for the byte count. */
CONFINED static void
answer(const struct session *session, enum report_wait wait)
{
	if (signals_take(SIGUSR1))
		report(session, (struct report){.kind = REPORT_COUNT,
				    .waits = (uint8_t)wait});
}

CONFINED static _Noreturn void
leave(const struct session *session, enum reason reason)
{
	report(session, (struct report){.kind = REPORT_END});
	call_exit(reason);
}

/*
 * Starts a timer that sends SIGALRM at the end of the lifetime, and repeatedly
 * after it.
 */
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
	timer.it_value = clock_timeval(lifetime);
	timer.it_interval = clock_timeval(tick);
	return setitimer(ITIMER_REAL, &timer, NULL) == 0;
}

CONFINED static bool
alarm_came(void)
{
	bool came = signals_take(SIGALRM);

	session_state.alarms += came;
	return came;
}

/* Whether the grace after the lifetime has passed as well. */
CONFINED static bool
overdue(void)
{
	(void)alarm_came();
	return session_state.alarms > LIFETIME_GRACE;
}

/* The number of signals without input that the session waits for. */
CONFINED static unsigned
patience(void)
{
	if (!session_state.stopping)
		return 1;
	return session_state.active ? STOP_GRACE_ACTIVE : STOP_GRACE;
}

/*
 * A signal has interrupted a wait for input: returns the reason if the session
 * must end.
 */
CONFINED static enum reason
interrupted(void)
{
	bool stop = signals_take(SIGTERM), alarm = alarm_came();

	session_state.stopping |= stop;
	if (!stop && !alarm)
		return REASON_NONE; /* it was SIGUSR1, or SIGCONT */
	if (++session_state.quiet <= patience() && !overdue())
		return REASON_NONE;
	return session_state.stopping ? REASON_SHUTDOWN : REASON_LIFETIME;
}

CONFINED static enum reason
connection_failed(int error)
{
	/* ETIMEDOUT: the peer has not acknowledged for write-timeout. */
	return error == ETIMEDOUT ? REASON_STALLED : REASON_RESET;
}

CONFINED static enum reason
nothing_read(ssize_t count)
{
	switch (count) {
	case 0:
		return REASON_CLIENT;
	case -EINTR:
		return interrupted();
	case -EAGAIN:
		return REASON_IDLE;
	default:
		return connection_failed((int)-count);
	}
}

CONFINED static enum reason
write_all(const struct session *session, const char *data, size_t length)
{
	unsigned waited = 0;

	while (length > 0) {
		ssize_t count = call_write(session->fd, data, length);
		if (count > 0) {
			session_state.bytes += (uint64_t)count;
			data += count;
			length -= (size_t)count;
			waited = 0;
		} else if (count == -EAGAIN) {
			if (++waited == STALL_SLICES)
				return REASON_STALLED;
		} else if (count != -EINTR) {
			return connection_failed((int)-count);
		}
		answer(session, REPORT_WAITS_FOR_ROOM);
		if (overdue())
			return REASON_LIFETIME;
	}
	return REASON_NONE;
}

/*
 * Reads input.  On 0, *reason is why the session ends, or REASON_NONE if it
 * must read again.
 */
CONFINED static size_t
read_some(const struct session *session, enum reason *reason)
{
	ssize_t count = call_read(
	    session->fd, session_state.buffer, sizeof session_state.buffer);

	*reason = count > 0 ? REASON_NONE : nothing_read(count);
	answer(session, REPORT_WAITS_FOR_INPUT);
	if (count <= 0)
		return 0;
	session_state.quiet = 0;
	session_state.stopping |= signals_take(SIGTERM);
	session_state.active = session_state.stopping;
	return (size_t)count;
}

/* Reads the PROXY header, and echoes the bytes that came after it. */
static enum reason
take_header(const struct session *session)
{
	struct proxy_parser parser = {0};
	enum proxy_state state = PROXY_MORE;
	enum reason reason;
	size_t taken = 0, count = 0;

	while (state == PROXY_MORE) {
		count = read_some(session, &reason);
		if (reason !=
		    REASON_NONE) /* the parent enforces the deadline */
			return reason == REASON_SHUTDOWN ? reason
							 : REASON_PROXY;
		state = proxy_feed(&parser,
		    (const uint8_t *)session_state.buffer, count, &taken);
	}
	if (state == PROXY_BAD)
		return REASON_PROXY;
	report(session, (struct report){.kind = REPORT_CLIENT,
			    .named = parser.named,
			    .client = parser.client});
	return write_all(session, session_state.buffer + taken, count - taken);
}

CONFINED static enum reason
echo(const struct session *session)
{
	enum reason reason;

	do {
		size_t count = read_some(session, &reason);
		if (reason == REASON_NONE)
			reason =
			    write_all(session, session_state.buffer, count);
	} while (reason == REASON_NONE);
	return reason;
}

/* A confined session has only this function and those that it calls. */
__attribute__((noinline)) CONFINED static _Noreturn void
serve(const struct session *session, enum reason reason)
{
	if (!session->own_filter && !sandbox_unmap_code())
		leave(session, REASON_SANDBOX);
	if (reason == REASON_NONE)
		reason = echo(session);
	leave(session, reason);
}

void
session_run(const struct session *session)
{
	enum reason reason = REASON_NONE;

	if (!signals_session() ||
	    !sandbox_isolate(session->reports, session->fd, session->parent))
		leave(session, REASON_SANDBOX);
	proctitle_set(session->title);
	if (!lifetime_start(session->max_lifetime) ||
	    !sandbox_enter(session->sandbox, session->own_filter))
		leave(session, REASON_SANDBOX);
	if (session->proxied)
		reason = take_header(session);
	serve(session, reason);
}
