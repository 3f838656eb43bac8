/* SPDX-License-Identifier: ISC */

#include "parent/drain.h"

#include <inttypes.h>
#include <signal.h>

#include "common/clock.h"
#include "parent/acceptor.h"
#include "parent/log/events.h"
#include "parent/server.h"

/*
 * The interval at which the stop signal is repeated; see STOP_GRACE in
 * session.c.
 */
#define REMINDER (100 * MSEC)

/*
 * Accepts what is left in the queues, then closes the listeners.  New
 * connections have been blocked since drain_start() and pending handshakes have
 * completed, so every remaining client is in an accept queue.  Clients wait
 * there while max-children is reached; at the drain deadline the listeners are
 * closed all the same.
 */
static void
close_listeners(struct server *server)
{
	struct listeners *listeners = &server->listeners;
	bool more = false;

	if (!listeners->adopted && !server->drain.overdue)
		for (size_t i = 0; i < listeners->count; i++)
			more |= acceptor_accept(
			    server, &listeners->items[i], listeners->count);
	if (!more)
		listeners_close(listeners);
}

static void
end_session(struct child *child, void *context)
{
	struct server *server = context;

	if (server->drain.overdue)
		kills_session(
		    &server->kills, child, REASON_KILLED, clock_now());
	else
		(void)kill(child->pid, SIGTERM);
}

static void
go_on(struct server *server, int64_t now)
{
	struct drain *drain = &server->drain;

	children_walk(&server->children, &drain->walk, end_session, server);
	if (!walk_is_over(&drain->walk))
		timer_set(&drain->turn, now);
}

static void
begin_walk(struct server *server, int64_t now)
{
	walk_start(&server->drain.walk);
	go_on(server, now);
	timer_set(&server->drain.reminder, now + REMINDER);
}

/*
 * Repeats the signal, because a session misses one that comes just before a
 * call.
 */
static void
remind(struct server *server, int64_t now)
{
	if (server->listeners.count > 0)
		close_listeners(server);
	if (walk_is_over(&server->drain.walk))
		begin_walk(server, now);
	else
		timer_set(&server->drain.reminder, now + REMINDER);
}

void
drain_init(struct server *server)
{
	timers_add(&server->timers, &server->drain.turn, go_on);
	timers_add(&server->timers, &server->drain.reminder, remind);
	timers_add(&server->timers, &server->drain.deadline, drain_end);
}

void
drain_end(struct server *server, int64_t now)
{
	server->drain.overdue = true;
	acceptor_abandon(server);
	close_listeners(server);
	begin_walk(server, now);
}

void
drain_start(struct server *server, int64_t now)
{
	upgrade_abandon(server); /* which sends READY=1, so before STOPPING=1 */
	/*
	 * The service manager must not end the drain early, however long it is.
	 */
	(void)notify_send(&server->notify,
	    "STOPPING=1\nSTATUS=Stopping\nEXTEND_TIMEOUT_USEC=%" PRId64,
	    (server->config.drain_timeout + 5 * SEC) / USEC);
	event_stopping(server->children.count);
	server->drain.stopping = true;
	timer_set(&server->drain.deadline, now + server->config.drain_timeout);
	if (server->listeners.adopted)
		close_listeners(server);
	else if (!server->listeners.stored) /* the next daemon gets the stored
					       sockets and goes on with them */
		listeners_block_new(&server->listeners);
	begin_walk(server, now);
}
