/* SPDX-License-Identifier: ISC */

#include "client/load/connection.h"

#include <sys/epoll.h>

#include <errno.h>

#include "client/connect.h"
#include "client/output.h"

static struct pool_list *
list_of(struct pool *pool, enum connection_state state)
{
	switch (state) {
	case CONNECTION_IDLE:
		return &pool->idle;
	case CONNECTION_RESTING:
		return &pool->resting;
	default:
		return &pool->waiting;
	}
}

static void
move(struct pool *pool, struct load_connection *connection,
    enum connection_state state)
{
	TAILQ_REMOVE(list_of(pool, connection->state), connection, link);
	connection->state = state;
	connection->since = pool->now;
	TAILQ_INSERT_TAIL(list_of(pool, state), connection, link);
}

static void
warmed(struct pool *pool)
{
	if (pool->warming > 0)
		pool->warming--;
}

void
connection_fail(
    struct pool *pool, struct load_connection *connection, enum failure kind)
{
	if (connection->state == CONNECTION_CONNECTING &&
	    !connection->has_message)
		warmed(pool);
	if (connection->state == CONNECTION_CONNECTING ||
	    connection->has_message)
		pool->report->lost++;
	/* a server may close connections that are no longer used */
	if (!pool->stopping || connection->has_message)
		pool->report->failures[kind]++;
	connection->has_message = false;
	stream_close(&connection->stream);
	move(pool, connection, CONNECTION_RESTING);
}

static void
established(struct pool *pool, struct load_connection *connection)
{
	pool->now = clock_now();
	pool->report->connects++;
	histogram_record(
	    &pool->report->connect, pool->now - connection->opened);
	if (connection->has_message) {
		move(pool, connection, CONNECTION_BUSY);
	} else {
		warmed(pool);
		move(pool, connection, CONNECTION_IDLE);
	}
}

/* Has epoll report when the rest of the message can be written. */
static void
want_out(struct pool *pool, struct load_connection *connection)
{
	struct epoll_event event = {
	    .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
	    .data.ptr = connection};

	if (connection->wants_out)
		return;
	if (epoll_ctl(pool->epoll, EPOLL_CTL_MOD, connection->stream.fd,
		&event) == -1)
		fatal("epoll_ctl");
	connection->wants_out = true;
}

/*
 * Writes the rest of the message, also on a connection that may be established
 * by now, as it mostly is on loopback.  Returns false if the connection has
 * failed.
 */
static bool
transmit(struct pool *pool, struct load_connection *connection)
{
	struct stream *s = &connection->stream;

	while (s->written < connection->end) {
		enum stream_state state = stream_send(s, connection->end, 0);
		if (state == STREAM_FAILED)
			connection_fail(
			    pool, connection, failure_from_errno(errno));
		if (state != STREAM_MOVED)
			return state == STREAM_WAIT;
		if (connection->state == CONNECTION_CONNECTING)
			established(pool, connection);
	}
	return true;
}

static void
watch(struct pool *pool, struct load_connection *connection)
{
	bool out = connection->state == CONNECTION_CONNECTING ||
		   connection->stream.written < connection->end;
	struct epoll_event event = {
	    .events = EPOLLIN | EPOLLRDHUP | EPOLLET | (out ? EPOLLOUT : 0U),
	    .data.ptr = connection};

	connection->wants_out = out;
	if (epoll_ctl(pool->epoll, EPOLL_CTL_ADD, connection->stream.fd,
		&event) == -1)
		fatal("epoll_ctl");
}

void
connection_open(struct pool *pool, struct load_connection *connection)
{
	connection->end =
	    connection->has_message ? pool->report->asked.size : 0;
	connection->opened = pool->now;
	move(pool, connection, CONNECTION_CONNECTING);
	stream_begin(
	    &connection->stream, connect_start(pool->target, pool->address));
	if (connection->stream.fd == -1) {
		connection_fail(pool, connection, failure_from_errno(errno));
		return;
	}
	/*
	 * a PROXY header goes first, but its addresses are known once connected
	 */
	if (pool->target->asked->proxy_version == 0 &&
	    !transmit(pool, connection))
		return;
	watch(pool, connection);
}

void
connection_start_message(struct pool *pool, struct load_connection *connection)
{
	connection->due = schedule_due(&pool->schedule, pool->now);
	connection->sent = pool->now;
	connection->has_message = true;
	pool->schedule.taken++;
	if (connection->stream.fd == -1) {
		connection_open(pool, connection);
		return;
	}
	connection->end += pool->report->asked.size;
	move(pool, connection, CONNECTION_BUSY);
	if (transmit(pool, connection) &&
	    connection->stream.written < connection->end)
		want_out(pool, connection);
}

static void
finish_message(struct pool *pool, struct load_connection *connection)
{
	connection->has_message = false;
	histogram_record(&pool->raw, pool->now - connection->sent);
	if (pool->schedule.rate > 0)
		histogram_record(&pool->corrected, pool->now - connection->due);
	pool->report->answered++;
	if (!pool->stopping)
		pool->report->messages++;
	if (pool->report->asked.churn)
		stream_close(&connection->stream);
	move(pool, connection, CONNECTION_IDLE);
	if (schedule_is_due(&pool->schedule, pool->now))
		connection_start_message(pool, connection);
}

/* How a stream has failed. */
static enum failure
failure_of(enum stream_state state)
{
	if (state == STREAM_FAILED)
		return failure_from_errno(errno);
	return state == STREAM_END ? FAILURE_CLOSED : FAILURE_WRONG;
}

/*
 * Reads all that has come, because edge-triggered events do not repeat.  After
 * a complete answer nothing can follow but the end (ended).
 */
static void
receive(struct pool *pool, struct load_connection *connection, bool ended)
{
	struct stream *s = &connection->stream;
	enum stream_state state;
	bool whole;

	do {
		uint64_t before = s->read;
		state = stream_receive(s, 0);
		pool->now = clock_now();
		if (!pool->stopping)
			pool->report->bytes += s->read - before;
		if (state != STREAM_MOVED)
			break;
		whole = connection->has_message && s->read == connection->end;
		if (whole)
			finish_message(pool, connection);
		else
			move(pool, connection, CONNECTION_BUSY);
	} while (
	    !whole || (ended && !pool->report->asked.churn && s->fd != -1));
	if (state == STREAM_WRONG || state == STREAM_EXTRA)
		results_note_wrong(pool->report, s);
	if (state != STREAM_MOVED && state != STREAM_WAIT)
		connection_fail(pool, connection, failure_of(state));
}

static bool
connected(struct pool *pool, struct load_connection *connection)
{
	int error = connect_finish(pool->target, connection->stream.fd);

	if (error != 0) {
		connection_fail(pool, connection, failure_from_errno(error));
		return false;
	}
	established(pool, connection);
	return true;
}

void
connection_handle(
    struct pool *pool, struct load_connection *connection, uint32_t events)
{
	const uint32_t over = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
	bool ended = (events & over) != 0;

	/* the connection may have failed since epoll reported this event */
	if (connection->stream.fd == -1)
		return;
	if (connection->state == CONNECTION_CONNECTING &&
	    !connected(pool, connection))
		return;
	if ((events & EPOLLOUT) != 0) {
		pool->now = clock_now();
		if (!transmit(pool, connection))
			return;
	}
	if (ended || (events & EPOLLIN) != 0)
		receive(pool, connection, ended);
}

void
connection_wake(struct pool *pool, struct load_connection *connection)
{
	move(pool, connection, CONNECTION_IDLE);
}
