/* SPDX-License-Identifier: ISC */

#include "parent/sessions/kills.h"

#include <signal.h>

#include "common/clock.h"

#define KILL_GRACE SEC

void
kills_at_once(struct kills *kills, struct child *child, enum reason why)
{
	if (child->kill_reason == REASON_NONE)
		child->kill_reason = why;
	(void)kill(child->pid, SIGKILL);
	children_move(kills->children, child, CHILD_EXITING);
}

void
kills_resume(struct kills *kills)
{
	const struct child *first = TAILQ_FIRST(&kills->children->dying);

	if (first != NULL)
		timer_arm(&kills->grace, first->kill_decided + KILL_GRACE);
}

void
kills_go_on(struct kills *kills, int64_t now)
{
	for (int i = 0; i < CHILDREN_BATCH; i++) {
		struct child *child = TAILQ_FIRST(&kills->children->dying);
		if (child == NULL || child->kill_decided + KILL_GRACE > now)
			break;
		kills_at_once(kills, child, child->kill_reason);
	}
	kills_resume(kills);
}

void
kills_init(struct kills *kills, struct children *children)
{
	kills->children = children;
}

void
kills_session(
    struct kills *kills, struct child *child, enum reason why, int64_t now)
{
	if (child->phase != CHILD_SERVING)
		return;
	child->kill_reason = why;
	child->kill_decided = now;
	child->counted = false;
	child_ask(child);
	children_move(kills->children, child, CHILD_DYING);
	kills_resume(kills);
}

void
kills_answered(struct kills *kills, struct child *child)
{
	if (child->phase == CHILD_DYING)
		kills_at_once(kills, child, child->kill_reason);
}
