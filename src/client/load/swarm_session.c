/* SPDX-License-Identifier: ISC */

#include "client/load/swarm_session.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "client/connect.h"
#include "client/payload.h"

enum {
	READ_CHUNK = 256 * 1024,
	WRITE_CHUNK = 64 * 1024
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

void
session_close(struct swarm_session *session)
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

void
session_fail(
    struct swarm *swarm, struct swarm_session *session, enum failure kind)
{
	if (session->state == SESSION_CONNECTING && !session->has_message)
		warmed(swarm);
	if (session->state == SESSION_CONNECTING || session->has_message)
		swarm->report->lost++;
	/* a server may well close what we no longer use */
	if (!swarm->stopping || session->has_message)
		swarm->report->failures[kind]++;
	session->has_message = false;
	session_close(session);
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
	session_fail(swarm, session, FAILURE_WRONG);
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
			session_fail(swarm, session, failure_from_errno(errno));
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

void
session_open(struct swarm *swarm, struct swarm_session *session)
{
	session->stream = payload_stream();
	session->written = session->read = 0;
	session->end = session->has_message ? swarm->report->size : 0;
	session->opened = swarm->now;
	move(swarm, session, SESSION_CONNECTING);
	session->fd = connect_start(swarm->target, swarm->address);
	if (session->fd == -1) {
		session_fail(swarm, session, failure_from_errno(errno));
		return;
	}
	/* a PROXY header has to go first, once both ends are known */
	if (swarm->target->proxy_version == 0 && !transmit(swarm, session))
		return;
	watch(swarm, session);
}

void
session_start_message(struct swarm *swarm, struct swarm_session *session)
{
	session->due = schedule_due(&swarm->schedule, swarm->now);
	session->sent = swarm->now;
	session->has_message = true;
	swarm->schedule.taken++;
	if (session->fd == -1) {
		session_open(swarm, session);
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
	if (swarm->schedule.rate > 0)
		histogram_record(&swarm->corrected, swarm->now - session->due);
	swarm->report->answered++;
	if (!swarm->stopping)
		swarm->report->messages++;
	if (swarm->report->churn)
		session_close(session);
	move(swarm, session, SESSION_IDLE);
	if (schedule_is_due(&swarm->schedule, swarm->now))
		session_start_message(swarm, session);
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
			session_fail(swarm, session, failure_from_errno(errno));
			return;
		}
		if (n == 0) {
			session_fail(swarm, session, FAILURE_CLOSED);
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
		session_fail(swarm, session, failure_from_errno(error));
		return false;
	}
	established(swarm, session);
	return true;
}

void
session_handle(
    struct swarm *swarm, struct swarm_session *session, uint32_t events)
{
	const uint32_t over = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
	bool ended = (events & over) != 0;

	/* it may have failed while this event was in the queue */
	if (session->fd == -1)
		return;
	if (session->state == SESSION_CONNECTING && !connected(swarm, session))
		return;
	if ((events & EPOLLOUT) != 0 && !transmit(swarm, session))
		return;
	if (ended || (events & EPOLLIN) != 0)
		receive(swarm, session, ended);
}

void
session_wake(struct swarm *swarm, struct swarm_session *session)
{
	move(swarm, session, SESSION_IDLE);
}
