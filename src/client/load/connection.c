/* SPDX-License-Identifier: ISC */

#include "client/load/connection.h"

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

static struct pool_list *
list_of(struct pool *pool, enum session_state state)
{
	switch (state) {
	case SESSION_IDLE:
		return &pool->idle;
	case SESSION_RESTING:
		return &pool->resting;
	default:
		return &pool->waiting;
	}
}

static void
move(struct pool *pool, struct load_connection *session,
    enum session_state state)
{
	TAILQ_REMOVE(list_of(pool, session->state), session, link);
	session->state = state;
	session->since = pool->now;
	TAILQ_INSERT_TAIL(list_of(pool, state), session, link);
}

void
session_close(struct load_connection *session)
{
	if (session->fd != -1)
		(void)close(session->fd);
	session->fd = -1;
}

static void
warmed(struct pool *pool)
{
	if (pool->warming > 0)
		pool->warming--;
}

void
session_fail(
    struct pool *pool, struct load_connection *session, enum failure kind)
{
	if (session->state == SESSION_CONNECTING && !session->has_message)
		warmed(pool);
	if (session->state == SESSION_CONNECTING || session->has_message)
		pool->report->lost++;
	/* a server may well close what we no longer use */
	if (!pool->stopping || session->has_message)
		pool->report->failures[kind]++;
	session->has_message = false;
	session_close(session);
	move(pool, session, SESSION_RESTING);
}

static void
fail_wrong(struct pool *pool, struct load_connection *session, int got)
{
	struct report *report = pool->report;

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
	session_fail(pool, session, FAILURE_WRONG);
}

static void
established(struct pool *pool, struct load_connection *session)
{
	pool->now = clock_now();
	pool->report->connects++;
	histogram_record(&pool->report->connect, pool->now - session->opened);
	if (session->has_message) {
		move(pool, session, SESSION_BUSY);
	} else {
		warmed(pool);
		move(pool, session, SESSION_IDLE);
	}
}

/* Makes sure that epoll tells when the rest can be written. */
static void
want_out(struct pool *pool, struct load_connection *session)
{
	struct epoll_event event = {
	    .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
	    .data.ptr = session};

	if (session->wants_out)
		return;
	if (epoll_ctl(pool->epoll, EPOLL_CTL_MOD, session->fd, &event) == -1)
		err(2, "epoll_ctl");
	session->wants_out = true;
}

/*
 * Writes what is left of the message.  On a connection that is still being
 * made this finds out whether it is: over loopback it is, mostly.  Returns
 * false when the session has failed.
 */
static bool
transmit(struct pool *pool, struct load_connection *session)
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
			session_fail(pool, session, failure_from_errno(errno));
			return false;
		}
		if (session->state == SESSION_CONNECTING)
			established(pool, session);
		session->written += (uint64_t)n;
	}
	return true;
}

static void
watch(struct pool *pool, struct load_connection *session)
{
	bool out = session->state == SESSION_CONNECTING ||
		   session->written < session->end;
	struct epoll_event event = {
	    .events = EPOLLIN | EPOLLRDHUP | EPOLLET | (out ? EPOLLOUT : 0U),
	    .data.ptr = session};

	session->wants_out = out;
	if (epoll_ctl(pool->epoll, EPOLL_CTL_ADD, session->fd, &event) == -1)
		err(2, "epoll_ctl");
}

void
session_open(struct pool *pool, struct load_connection *session)
{
	session->stream = payload_stream();
	session->written = session->read = 0;
	session->end = session->has_message ? pool->report->size : 0;
	session->opened = pool->now;
	move(pool, session, SESSION_CONNECTING);
	session->fd = connect_start(pool->target, pool->address);
	if (session->fd == -1) {
		session_fail(pool, session, failure_from_errno(errno));
		return;
	}
	/* a PROXY header has to go first, once both ends are known */
	if (pool->target->proxy_version == 0 && !transmit(pool, session))
		return;
	watch(pool, session);
}

void
session_start_message(struct pool *pool, struct load_connection *session)
{
	session->due = schedule_due(&pool->schedule, pool->now);
	session->sent = pool->now;
	session->has_message = true;
	pool->schedule.taken++;
	if (session->fd == -1) {
		session_open(pool, session);
		return;
	}
	session->end += pool->report->size;
	move(pool, session, SESSION_BUSY);
	if (transmit(pool, session) && session->written < session->end)
		want_out(pool, session);
}

static void
finish_message(struct pool *pool, struct load_connection *session)
{
	pool->now = clock_now();
	session->has_message = false;
	histogram_record(&pool->raw, pool->now - session->sent);
	if (pool->schedule.rate > 0)
		histogram_record(&pool->corrected, pool->now - session->due);
	pool->report->answered++;
	if (!pool->stopping)
		pool->report->messages++;
	if (pool->report->churn)
		session_close(session);
	move(pool, session, SESSION_IDLE);
	if (schedule_is_due(&pool->schedule, pool->now))
		session_start_message(pool, session);
}

/* Takes in what was read; returns false when reading is over for now. */
static bool
digest(struct pool *pool, struct load_connection *session, const uint8_t *buf,
    size_t length)
{
	uint64_t asked = session->written - session->read;
	size_t expected = length < asked ? length : (size_t)asked;
	size_t good =
	    payload_verify(session->stream, session->read, buf, expected);

	session->read += good;
	if (!pool->stopping)
		pool->report->bytes += good;
	if (good < expected || expected < length) {
		fail_wrong(pool, session, good < expected ? buf[good] : -1);
		return false;
	}
	if (session->has_message && session->read == session->end) {
		finish_message(pool, session);
		return false;
	}
	move(pool, session, SESSION_BUSY);
	return true;
}

/*
 * Reads until there is no more: edge-triggered events do not repeat.  After
 * a whole answer there is nothing left to come, unless the end has (ended).
 */
static void
receive(struct pool *pool, struct load_connection *session, bool ended)
{
	static uint8_t buf[READ_CHUNK];

	for (;;) {
		ssize_t n = read(session->fd, buf, sizeof buf);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n == -1) {
			session_fail(pool, session, failure_from_errno(errno));
			return;
		}
		if (n == 0) {
			session_fail(pool, session, FAILURE_CLOSED);
			return;
		}
		if (digest(pool, session, buf, (size_t)n))
			continue;
		if (!ended || pool->report->churn || session->fd == -1)
			return;
	}
}

static bool
connected(struct pool *pool, struct load_connection *session)
{
	int error = connect_error(session->fd);

	if (error == 0 && connect_greet(pool->target, session->fd) == -1)
		error = errno;
	if (error != 0) {
		session_fail(pool, session, failure_from_errno(error));
		return false;
	}
	established(pool, session);
	return true;
}

void
session_handle(
    struct pool *pool, struct load_connection *session, uint32_t events)
{
	const uint32_t over = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
	bool ended = (events & over) != 0;

	/* it may have failed while this event was in the queue */
	if (session->fd == -1)
		return;
	if (session->state == SESSION_CONNECTING && !connected(pool, session))
		return;
	if ((events & EPOLLOUT) != 0 && !transmit(pool, session))
		return;
	if (ended || (events & EPOLLIN) != 0)
		receive(pool, session, ended);
}

void
session_wake(struct pool *pool, struct load_connection *session)
{
	move(pool, session, SESSION_IDLE);
}
