/* SPDX-License-Identifier: ISC */

/* Runs in the parent. */

#include "parent/sessions/census.h"

#include "parent/server.h"

/* Asks again after this: a session misses a signal just before a call. */
#define ASK_AGAIN (50 * MSEC)

static bool
has_answered(const struct census *census, const struct child *child)
{
	return child->answered == census->number;
}

/*
 * The first pass asks every session, a later one those that have not answered.
 */
static void
ask(struct child *child, void *context)
{
	struct census *census = context;

	if (child->phase == CHILD_LEAVING || has_answered(census, child) ||
	    !census_covers(census, child))
		return;
	if (child->asked != census->number) {
		child->asked = census->number;
		child->counted = false;
		census->missing++;
	}
	child_ask(child);
}

static void
finish(struct server *server, int64_t now)
{
	void (*use)(struct server *, int64_t) = server->census.use;

	server->census.use = NULL;
	server->census.missing = 0;
	use(server, now);
}

static void
go_on(struct server *server, int64_t now)
{
	struct census *census = &server->census;

	if (census->asked_all && census->missing == 0) {
		finish(server, now);
		return;
	}
	children_walk(&server->children, &census->asking, ask, census);
	if (!walk_is_over(&census->asking)) {
		timer_set(&census->turn, now);
		return;
	}
	census->asked_all = true;
	if (census->missing == 0 || now >= census->since + CENSUS_PATIENCE) {
		finish(server, now);
		return;
	}
	walk_start(&census->asking);
	timer_set(&census->turn, now + ASK_AGAIN);
}

void
census_init(struct server *server)
{
	timers_add(&server->timers, &server->census.turn, go_on);
}

bool
census_take(struct server *server, void (*use)(struct server *, int64_t now),
    int64_t now)
{
	struct census *census = &server->census;

	if (census->use != NULL)
		return false;
	if (++census->number == 0)
		census->number = 1; /* 0 is that of nobody */
	census->use = use;
	census->since = now;
	census->asked_all = false;
	walk_start(&census->asking);
	timer_set(&census->turn, now);
	return true;
}

bool
census_covers(const struct census *census, const struct child *child)
{
	return child->started <= census->since;
}

void
census_settle(struct server *server, struct child *child, int64_t now)
{
	struct census *census = &server->census;

	if (child->asked != census->number || has_answered(census, child))
		return;
	child->answered = census->number;
	if (census->missing > 0 && --census->missing == 0 && census->asked_all)
		timer_set(&census->turn, now);
}
