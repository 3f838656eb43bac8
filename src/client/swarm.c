/* SPDX-License-Identifier: ISC */

#include "client/swarm.h"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/connect.h"
#include "client/interrupts.h"
#include "client/payload.h"

enum {
	EVENTS = 512,
	READ_CHUNK = 256 * 1024,
	WRITE_CHUNK = 64 * 1024,
	SPARE_DESCRIPTORS = 16
};

static const int64_t rest_after_failure = 10 * MSEC;

enum session_state {
	SESSION_IDLE,       /* in idle; connected, or not yet or no more */
	SESSION_CONNECTING, /* in waiting */
	SESSION_BUSY,       /* in waiting: a message is under way */
	SESSION_RESTING     /* in resting */
};

struct swarm_session {
	TAILQ_ENTRY(swarm_session) link;
	enum session_state state;
	int fd;                              /* -1 = none */
	bool has_message, wants_out;         /* ... EPOLLOUT is registered */
	uint64_t stream, written, read, end; /* payload; end of the message */
	int64_t due, sent;                   /* the message */
	int64_t opened;                      /* when connecting began */
	int64_t since; /* last sign of life, or start of the rest */
};

static struct swarm_list *
list_of(struct swarm *swarm, enum session_state state)
{
	switch (state) {
	case SESSION_IDLE:
		return &swarm->idle;
	case SESSION_RESTING:
		return &swarm->resting;
	default:
		return &swarm->waiting;
	}
}

static void
move(struct swarm *swarm, struct swarm_session *session,
    enum session_state state)
{
	TAILQ_REMOVE(list_of(swarm, session->state), session, link);
	session->state = state;
	session->since = swarm->now;
	TAILQ_INSERT_TAIL(list_of(swarm, state), session, link);
}

static void
disconnect(struct swarm_session *session)
{
	if (session->fd != -1)
		(void)close(session->fd);
	session->fd = -1;
}

static void
warmed(struct swarm *swarm)
{
	if (swarm->warming > 0)
		swarm->warming--;
}

static void
fail(struct swarm *swarm, struct swarm_session *session, enum failure kind)
{
	if (session->state == SESSION_CONNECTING && !session->has_message)
		warmed(swarm);
	if (session->state == SESSION_CONNECTING || session->has_message)
		swarm->report->lost++;
	/* a server may well close what we no longer use */
	if (!swarm->stopping || session->has_message)
		swarm->report->failures[kind]++;
	session->has_message = false;
	disconnect(session);
	move(swarm, session, SESSION_RESTING);
}

static void
fail_wrong(struct swarm *swarm, struct swarm_session *session, int got)
{
	struct report *report = swarm->report;

	if (report->first_wrong[0] == '\0' && got >= 0)
		(void)snprintf(report->first_wrong, sizeof report->first_wrong,
		    "at offset %ju of a message, byte %ju of its connection:"
		    " 0x%02x instead of 0x%02x",
		    (uintmax_t)(session->read % report->size),
		    (uintmax_t)session->read, (unsigned)got,
		    payload_byte(session->stream, session->read));
	else if (report->first_wrong[0] == '\0')
		(void)snprintf(report->first_wrong, sizeof report->first_wrong,
		    "after byte %ju of a connection: more than was sent",
		    (uintmax_t)session->read);
	fail(swarm, session, FAILURE_WRONG);
}

static int64_t
due_time(const struct swarm *swarm)
{
	uint64_t rate = swarm->report->rate, n = swarm->scheduled;

	if (rate == 0)
		return swarm->now;
	return swarm->began + (int64_t)(n / rate) * SEC +
	       (int64_t)(n % rate * (uint64_t)SEC / rate);
}

static bool
is_due(const struct swarm *swarm)
{
	if (swarm->stopping || swarm->began == 0)
		return false;
	int64_t due = due_time(swarm);
	return due <= swarm->now && due < swarm->ends;
}

static void
established(struct swarm *swarm, struct swarm_session *session)
{
	swarm->now = clock_now();
	swarm->report->connects++;
	histogram_record(&swarm->report->connect, swarm->now - session->opened);
	if (session->has_message) {
		move(swarm, session, SESSION_BUSY);
	} else {
		warmed(swarm);
		move(swarm, session, SESSION_IDLE);
	}
}

/* Makes sure that epoll tells when the rest can be written. */
static void
want_out(struct swarm *swarm, struct swarm_session *session)
{
	struct epoll_event event = {
	    .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
	    .data.ptr = session};

	if (session->wants_out)
		return;
	if (epoll_ctl(swarm->epoll, EPOLL_CTL_MOD, session->fd, &event) == -1)
		err(2, "epoll_ctl");
	session->wants_out = true;
}

/*
 * Writes what is left of the message.  On a connection that is still being
 * made this finds out whether it is: over loopback it is, mostly.  Returns
 * false when the session has failed.
 */
static bool
transmit(struct swarm *swarm, struct swarm_session *session)
{
	static uint8_t buf[WRITE_CHUNK];

	while (session->written < session->end) {
		uint64_t left = session->end - session->written;
		size_t length = left < sizeof buf ? (size_t)left : sizeof buf;
		payload_fill(session->stream, session->written, buf, length);
		ssize_t n = send(session->fd, buf, length, MSG_NOSIGNAL);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (n == -1) {
			fail(swarm, session, failure_from_errno(errno));
			return false;
		}
		if (session->state == SESSION_CONNECTING)
			established(swarm, session);
		session->written += (uint64_t)n;
	}
	return true;
}

static void
watch(struct swarm *swarm, struct swarm_session *session)
{
	bool out = session->state == SESSION_CONNECTING ||
		   session->written < session->end;
	struct epoll_event event = {
	    .events = EPOLLIN | EPOLLRDHUP | EPOLLET | (out ? EPOLLOUT : 0U),
	    .data.ptr = session};

	session->wants_out = out;
	if (epoll_ctl(swarm->epoll, EPOLL_CTL_ADD, session->fd, &event) == -1)
		err(2, "epoll_ctl");
}

static void
open_session(struct swarm *swarm, struct swarm_session *session)
{
	session->stream = payload_stream();
	session->written = session->read = 0;
	session->end = session->has_message ? swarm->report->size : 0;
	session->opened = swarm->now;
	move(swarm, session, SESSION_CONNECTING);
	session->fd = connect_start(swarm->target, swarm->address);
	if (session->fd == -1) {
		fail(swarm, session, failure_from_errno(errno));
		return;
	}
	/* a PROXY header has to go first, once both ends are known */
	if (swarm->target->proxy_version == 0 && !transmit(swarm, session))
		return;
	watch(swarm, session);
}

/* Hands the next message that is due to an idle session. */
static void
start_message(struct swarm *swarm, struct swarm_session *session)
{
	session->due = due_time(swarm);
	session->sent = swarm->now;
	session->has_message = true;
	swarm->scheduled++;
	if (session->fd == -1) {
		open_session(swarm, session);
		return;
	}
	session->end += swarm->report->size;
	move(swarm, session, SESSION_BUSY);
	if (transmit(swarm, session) && session->written < session->end)
		want_out(swarm, session);
}

static void
finish_message(struct swarm *swarm, struct swarm_session *session)
{
	swarm->now = clock_now();
	session->has_message = false;
	histogram_record(&swarm->raw, swarm->now - session->sent);
	if (swarm->report->rate > 0)
		histogram_record(&swarm->corrected, swarm->now - session->due);
	swarm->report->answered++;
	if (!swarm->stopping)
		swarm->report->messages++;
	if (swarm->report->churn)
		disconnect(session);
	move(swarm, session, SESSION_IDLE);
	if (is_due(swarm))
		start_message(swarm, session);
}

/* Takes in what was read; returns false when reading is over for now. */
static bool
digest(struct swarm *swarm, struct swarm_session *session, const uint8_t *buf,
    size_t length)
{
	uint64_t asked = session->written - session->read;
	size_t expected = length < asked ? length : (size_t)asked;
	size_t good =
	    payload_verify(session->stream, session->read, buf, expected);

	session->read += good;
	if (!swarm->stopping)
		swarm->report->bytes += good;
	if (good < expected || expected < length) {
		fail_wrong(swarm, session, good < expected ? buf[good] : -1);
		return false;
	}
	if (session->has_message && session->read == session->end) {
		finish_message(swarm, session);
		return false;
	}
	move(swarm, session, SESSION_BUSY);
	return true;
}

/*
 * Reads until there is no more: edge-triggered events do not repeat.  After
 * a whole answer there is nothing left to come, unless the end has (ended).
 */
static void
receive(struct swarm *swarm, struct swarm_session *session, bool ended)
{
	static uint8_t buf[READ_CHUNK];

	for (;;) {
		ssize_t n = read(session->fd, buf, sizeof buf);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n == -1) {
			fail(swarm, session, failure_from_errno(errno));
			return;
		}
		if (n == 0) {
			fail(swarm, session, FAILURE_CLOSED);
			return;
		}
		if (digest(swarm, session, buf, (size_t)n))
			continue;
		if (!ended || swarm->report->churn || session->fd == -1)
			return;
	}
}

static bool
connected(struct swarm *swarm, struct swarm_session *session)
{
	int error = connect_error(session->fd);

	if (error == 0 && connect_greet(swarm->target, session->fd) == -1)
		error = errno;
	if (error != 0) {
		fail(swarm, session, failure_from_errno(error));
		return false;
	}
	established(swarm, session);
	return true;
}

static void
handle(struct swarm *swarm, const struct epoll_event *event)
{
	struct swarm_session *session = event->data.ptr;
	const uint32_t over = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
	bool ended = (event->events & over) != 0;

	/* it may have failed while this event was in the queue */
	if (session->fd == -1)
		return;
	if (session->state == SESSION_CONNECTING && !connected(swarm, session))
		return;
	if ((event->events & EPOLLOUT) != 0 && !transmit(swarm, session))
		return;
	if (ended || (event->events & EPOLLIN) != 0)
		receive(swarm, session, ended);
}

static void
expire(struct swarm *swarm)
{
	int64_t timeout = swarm->target->timeout;
	struct swarm_session *session;

	while (timeout > 0 &&
	       (session = TAILQ_FIRST(&swarm->waiting)) != NULL &&
	       session->since + timeout <= swarm->now)
		fail(swarm, session, FAILURE_TIMEOUT);
	while ((session = TAILQ_FIRST(&swarm->resting)) != NULL &&
	       session->since + rest_after_failure <= swarm->now)
		move(swarm, session, SESSION_IDLE);
}

static void
dispatch(struct swarm *swarm)
{
	struct swarm_session *session;

	while ((session = TAILQ_FIRST(&swarm->idle)) != NULL && is_due(swarm))
		start_message(swarm, session);
}

/* Messages that were due and never left: they waited this long at least. */
static void
count_unsent(struct swarm *swarm)
{
	int64_t due;

	if (swarm->report->rate == 0)
		return;
	while ((due = due_time(swarm)) < swarm->ends) {
		histogram_record(&swarm->corrected, swarm->ends - due);
		swarm->report->unsent++;
		swarm->scheduled++;
	}
}

/* Starts the clock, or stops it. */
static void
advance(struct swarm *swarm)
{
	if (swarm->began == 0 && swarm->warming == 0) {
		swarm->began = swarm->now;
		swarm->ends = swarm->now + swarm->duration;
	}
	if (interrupts_stop() && !swarm->stopping && swarm->began != 0)
		swarm->ends = swarm->now;
	if (swarm->began == 0 || swarm->stopping || swarm->now < swarm->ends)
		return;
	swarm->stopping = true;
	swarm->report->elapsed = swarm->ends - swarm->began;
	count_unsent(swarm);
}

static bool
is_over(const struct swarm *swarm)
{
	return interrupts_stop() ||
	       (swarm->stopping && TAILQ_EMPTY(&swarm->waiting));
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t
next_event(const struct swarm *swarm, int64_t until)
{
	const struct swarm_session *session;
	int64_t at = until;

	if (swarm->began != 0 && !swarm->stopping)
		at = earlier(at, swarm->ends);
	if ((session = TAILQ_FIRST(&swarm->waiting)) != NULL &&
	    swarm->target->timeout > 0)
		at = earlier(at, session->since + swarm->target->timeout);
	if ((session = TAILQ_FIRST(&swarm->resting)) != NULL)
		at = earlier(at, session->since + rest_after_failure);
	if (!TAILQ_EMPTY(&swarm->idle) && swarm->began != 0 && !swarm->stopping)
		at = earlier(at, due_time(swarm));
	return at;
}

static void
sleep_until(struct swarm *swarm, int64_t at)
{
	struct epoll_event events[EVENTS];
	int64_t left = at - swarm->now;
	struct timespec timeout = clock_timespec(left > 0 ? left : 0);
	int n = epoll_pwait2(
	    swarm->epoll, events, EVENTS, &timeout, interrupts_mask());

	swarm->now = clock_now();
	if (n == -1 && errno != EINTR)
		err(2, "epoll_pwait2");
	for (int i = 0; i < n; i++)
		handle(swarm, &events[i]);
}

bool
swarm_run(struct swarm *swarm, int64_t until)
{
	swarm->now = clock_now();
	do {
		advance(swarm);
		if (is_over(swarm))
			return true;
		expire(swarm);
		dispatch(swarm);
		sleep_until(swarm, next_event(swarm, until));
	} while (swarm->now < until && !interrupts_interim());
	return false;
}

void
swarm_collect(struct swarm *swarm)
{
	histogram_merge(&swarm->report->raw, &swarm->raw);
	histogram_merge(&swarm->report->corrected, &swarm->corrected);
	memset(&swarm->raw, 0, sizeof swarm->raw);
	memset(&swarm->corrected, 0, sizeof swarm->corrected);
	if (!swarm->stopping && swarm->began != 0)
		swarm->report->elapsed = swarm->now - swarm->began;
}

static void
raise_limit(uint64_t connections)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		err(2, "getrlimit");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		err(2, "setrlimit");
	if (connections + SPARE_DESCRIPTORS > limit.rlim_cur)
		errx(2, "%ju connections: this process may have %ju files open",
		    (uintmax_t)connections, (uintmax_t)limit.rlim_cur);
}

void
swarm_open(struct swarm *swarm)
{
	uint64_t n = swarm->report->connections;

	raise_limit(n);
	/* the default slack of 50 us would show in the schedule */
	(void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
	if ((swarm->epoll = epoll_create1(EPOLL_CLOEXEC)) == -1)
		err(2, "epoll_create1");
	if ((swarm->sessions = calloc(n, sizeof *swarm->sessions)) == NULL)
		err(2, NULL);
	TAILQ_INIT(&swarm->idle);
	TAILQ_INIT(&swarm->waiting);
	TAILQ_INIT(&swarm->resting);
	swarm->now = clock_now();
	for (uint64_t i = 0; i < n; i++) {
		swarm->sessions[i].fd = -1;
		TAILQ_INSERT_TAIL(&swarm->idle, &swarm->sessions[i], link);
	}
	if (swarm->report->churn)
		return;
	swarm->warming = n;
	for (uint64_t i = 0; i < n; i++)
		open_session(swarm, &swarm->sessions[i]);
}

void
swarm_close(struct swarm *swarm)
{
	for (uint64_t i = 0; i < swarm->report->connections; i++)
		disconnect(&swarm->sessions[i]);
	free(swarm->sessions);
	(void)close(swarm->epoll);
}
