/* SPDX-License-Identifier: ISC */

#include "parent/sessions/census.h"

#include "common/clock.h"

/*
 * The parent repeats the question, because a session misses a signal that comes
 * just before a call.
 */
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

	if (child->phase == CHILD_EXITING || has_answered(census, child) ||
	    !census_covers(census, child))
		return;
	if (child->asked != census->number) {
		child->asked = census->number;
		child->counted = false;
		census->missing++;
	}
	child_ask(child);
}

bool
census_go_on(struct census *census, int64_t now)
{
	if (!census->asked_all || census->missing > 0) {
		children_walk(census->children, &census->asking, ask, census);
		if (!walk_is_over(&census->asking)) {
			timer_set(&census->turn, now);
			return false;
		}
		census->asked_all = true;
	}
	if (census->missing > 0 && now < census->since + CENSUS_PATIENCE) {
		walk_start(&census->asking);
		timer_set(&census->turn, now + ASK_AGAIN);
		return false;
	}
	census->missing = 0;
	census->under_way = false;
	return true;
}

void
census_init(struct census *census, struct children *children)
{
	census->children = children;
}

void
census_start(struct census *census, int64_t now)
{
	if (++census->number == 0)
		census->number = 1; /* 0 means none in struct child */
	census->under_way = true;
	census->since = now;
	census->asked_all = false;
	walk_start(&census->asking);
	timer_set(&census->turn, now);
}

bool
census_covers(const struct census *census, const struct child *child)
{
	return child->started <= census->since;
}

void
census_settle(struct census *census, struct child *child, int64_t now)
{
	if (child->asked != census->number || has_answered(census, child))
		return;
	child->answered = census->number;
	if (census->missing > 0 && --census->missing == 0 && census->asked_all)
		timer_set(&census->turn, now);
}
