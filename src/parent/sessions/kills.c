/* SPDX-License-Identifier: ISC */

/* Runs in the parent. */

#include "parent/sessions/kills.h"

#include <signal.h>

#include "common/clock.h"
#include "parent/server.h"

#define KILL_GRACE SEC

void
kills_at_once(struct server *server, struct child *child, enum reason why)
{
	if (child->kill_reason == REASON_NONE)
		child->kill_reason = why;
	(void)kill(child->pid, SIGKILL);
	children_move(&server->children, child, CHILD_LEAVING);
}

void
kills_resume(struct server *server)
{
	const struct child *first = TAILQ_FIRST(&server->children.dying);

	if (first != NULL)
		timer_arm(
		    &server->kills.grace, first->kill_decided + KILL_GRACE);
}

/* Kills a batch of sessions whose grace is over. */
static void
grace_over(struct server *server, int64_t now)
{
	for (int i = 0; i < CHILDREN_BATCH; i++) {
		struct child *child = TAILQ_FIRST(&server->children.dying);
		if (child == NULL || child->kill_decided + KILL_GRACE > now)
			break;
		kills_at_once(server, child, child->kill_reason);
	}
	kills_resume(server);
}

void
kills_init(struct server *server)
{
	timers_add(&server->timers, &server->kills.grace, grace_over);
}

void
kills_session(
    struct server *server, struct child *child, enum reason why, int64_t now)
{
	if (child->phase != CHILD_SERVING)
		return;
	child->kill_reason = why;
	child->kill_decided = now;
	child->counted = false;
	child_ask(child);
	children_move(&server->children, child, CHILD_DYING);
	kills_resume(server);
}

void
kills_answered(struct server *server, struct child *child)
{
	if (child->phase == CHILD_DYING)
		kills_at_once(server, child, child->kill_reason);
}
