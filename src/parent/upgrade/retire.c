/* SPDX-License-Identifier: ISC */

#include "parent/upgrade/retire.h"

#include "common/clock.h"
#include "parent/server.h"

/* The time for pending handshakes to complete. */
#define DELAY (100 * MSEC)

static void
close_dropped(struct server *server, int64_t now)
{
	struct listeners *listeners = &server->listeners;
	bool more = false;

	for (size_t i = listeners->count; i-- > 0;) {
		if (!listeners->items[i].dropped)
			continue;
		if (acceptor_accept(
			server, &listeners->items[i], listeners->count))
			more = true;
		else
			listener_close(listeners, i);
	}
	if (more)
		timer_set(&server->retire.turn, now + DELAY);
}

void
retire_init(struct server *server)
{
	timers_add(&server->timers, &server->retire.turn, close_dropped);
}

void
retire_listeners(struct server *server, int64_t now)
{
	timer_set(&server->retire.turn, now + DELAY);
}
