/* SPDX-License-Identifier: ISC */

/* Runs in the parent. */

#include "parent/status.h"

#include "common/clock.h"
#include "parent/log/events.h"
#include "parent/server.h"

/* A census for something else is being taken. */
#define ANOTHER_DELAY (50 * MSEC)

static void
tell(struct child *child, void *context)
{
	struct server *server = context;

	if (census_covers(&server->census, child))
		event_session(child, clock_now());
}

static void
begin_telling(struct server *server, int64_t now)
{
	struct totals totals = server_totals(server);

	event_status(&totals);
	server->status.telling = true;
	walk_start(&server->status.walk);
	timer_set(&server->status.turn, now);
}

static void
go_on(struct server *server, int64_t now)
{
	struct status *status = &server->status;

	if (!status->telling) {
		status_request(server, now);
		return;
	}
	children_walk(&server->children, &status->walk, tell, server);
	status->telling = !walk_is_over(&status->walk);
	if (status->telling)
		timer_set(&status->turn, now);
}

bool
status_is_under_way(const struct server *server)
{
	return server->status.telling || server->census.use == begin_telling ||
	       timer_is_set(&server->status.turn);
}

void
status_init(struct server *server)
{
	timers_add(&server->timers, &server->status.turn, go_on);
}

void
status_request(struct server *server, int64_t now)
{
	exporter_write(server, now);
	if (server->census.use != begin_telling && !server->status.telling &&
	    !census_take(server, begin_telling, now))
		timer_set(&server->status.turn, now + ANOTHER_DELAY);
}
