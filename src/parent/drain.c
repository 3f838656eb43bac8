/* SPDX-License-Identifier: ISC */

/* Runs in the parent. */

#include "parent/drain.h"

#include <signal.h>

#include "common/clock.h"
#include "parent/events.h"
#include "parent/intake.h"

/* Sessions take two of these in a row without input between for quiet. */
#define REMINDER (100 * MSEC)

void
drain_remind(struct server *server, int64_t now)
{
	children_signal(&server->children, server->overdue ? SIGKILL : SIGTERM);
	server->due[TIMER_DRAIN] = now + REMINDER;
}

void
drain_end(struct server *server, int64_t now)
{
	server->overdue = true;
	intake_abandon(server);
	drain_remind(server, now);
}

void
drain_start(struct server *server, int64_t now)
{
	notify_send(&server->notify, "STOPPING=1\nSTATUS=Stopping");
	if (!server->listeners.adopted)
		intake_last(server);
	listeners_close(&server->listeners);
	event_stopping(server->children.count);
	server->stopping = true;
	server->due[TIMER_DEADLINE] = now + server->config.drain_timeout;
	drain_remind(server, now);
}
