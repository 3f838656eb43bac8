/* SPDX-License-Identifier: ISC */

/* Runs in the parent. */

#include "parent/drain.h"

#include <inttypes.h>
#include <signal.h>

#include "common/clock.h"
#include "parent/acceptor.h"
#include "parent/log/events.h"

/* Sessions take two of these in a row without input between for quiet. */
#define REMINDER (100 * MSEC)

/*
 * Nobody has begun to connect since drain_start(), and who had begun before
 * has had the time: all that are still to come are in the queue.  While there
 * is no place for them they wait there; at the deadline they are let go.
 */
static void
close_listeners(struct server *server)
{
	bool wait = !server->listeners.adopted && !server->overdue;

	if (wait)
		acceptor_last(server);
	if (!wait || acceptor_is_open(server))
		listeners_close(&server->listeners);
}

void
drain_remind(struct server *server, int64_t now)
{
	if (server->listeners.count > 0)
		close_listeners(server);
	if (server->overdue)
		children_kill(&server->children);
	else
		children_signal(&server->children, SIGTERM);
	server->due[TIMER_DRAIN] = now + REMINDER;
}

void
drain_end(struct server *server, int64_t now)
{
	server->overdue = true;
	acceptor_abandon(server);
	drain_remind(server, now);
}

void
drain_start(struct server *server, int64_t now)
{
	/* However long the drain is, it is not to be cut short. */
	(void)notify_send(&server->notify,
	    "STOPPING=1\nSTATUS=Stopping\nEXTEND_TIMEOUT_USEC=%" PRId64,
	    (server->config.drain_timeout + 5 * SEC) / USEC);
	event_stopping(server->children.count);
	server->stopping = true;
	server->due[TIMER_DEADLINE] = now + server->config.drain_timeout;
	if (server->listeners.adopted) {
		drain_remind(server, now);
		return;
	}
	listeners_deafen(&server->listeners);
	children_signal(&server->children, SIGTERM);
	server->due[TIMER_DRAIN] = now + REMINDER;
}
