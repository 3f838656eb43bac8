/* SPDX-License-Identifier: ISC */

#include "parent/status.h"

#include "common/clock.h"
#include "parent/log/events.h"
#include "parent/server.h"

static void
tell(struct child *child, void *context)
{
	struct server *server = context;

	if (census_covers(&server->census, child))
		event_session(child, clock_now());
}

struct totals
status_totals(const struct server *server)
{
	return (struct totals){
	    .children = server->children.count,
	    .served = server->served,
	    .refused = server->refused,
	    .bytes = server->bytes,
	};
}

static void
go_on(struct server *server, int64_t now)
{
	struct status *status = &server->status;

	children_walk(&server->children, &status->walk, tell, server);
	status->telling = !walk_is_over(&status->walk);
	if (status->telling)
		timer_set(&status->turn, now);
}

void
status_tell(struct server *server, int64_t now)
{
	struct totals totals = status_totals(server);

	event_status(&totals);
	server->status.telling = true;
	walk_start(&server->status.walk);
	timer_set(&server->status.turn, now);
}

bool
status_is_under_way(const struct server *server)
{
	return server->census.under_way || server->status.telling;
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
	if (!status_is_under_way(server))
		census_start(&server->census, now);
}
