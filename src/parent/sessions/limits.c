/* SPDX-License-Identifier: ISC */

#include "parent/sessions/limits.h"

#include "common/clock.h"
#include "parent/sessions/kills.h"

enum {
	/*
	 * Unanswered questions, a second apart, before the kill: a busy machine
	 * may keep a sound session from running for some seconds.
	 */
	ASK_MAX = 3
};

#define LOOK_DELAY SEC
#define GRACE      (3 * SEC)

/* How long a sound session can stay without a report; 0 = for ever. */
static int64_t
longest_silence(const struct child *child)
{
	int64_t idle = child->idle_timeout, write = child->write_timeout;

	if (idle == 0 && write == 0)
		return 0;
	if (!child->disturbed)
		return idle + write + GRACE;
	return idle == 0 || (write != 0 && write < idle) ? write : idle;
}

enum overdue
limits_judge(const struct child *child, int64_t now)
{
	int64_t silence = longest_silence(child);

	if (child->phase ==
	    CHILD_EXITING) /* has reported its end, or is dead */
		return child->kill_reason == REASON_NONE &&
			       now - child->heard >= GRACE
			   ? OVERDUE_KILL
			   : OVERDUE_NOT;
	if (child->max_lifetime != 0 &&
	    now - child->started >= child->max_lifetime + GRACE)
		return OVERDUE_KILL;
	if (child->unanswered >= ASK_MAX)
		return OVERDUE_KILL;
	if (child->unanswered > 0 ||
	    (silence != 0 && now - child->heard >= silence))
		return OVERDUE_ASK;
	return OVERDUE_NOT;
}

enum reason
limits_reason(const struct child *child, enum report_wait wait, int64_t now)
{
	bool reads = wait == REPORT_WAITS_FOR_INPUT;
	int64_t limit = reads ? child->idle_timeout : child->write_timeout;

	if (limit == 0 || now - child->progress < limit)
		return REASON_NONE;
	return reads ? REASON_IDLE : REASON_STALLED;
}

static void
look(struct child *child, void *context)
{
	struct limits *limits = context;
	int64_t now = clock_now();

	if (child->phase == CHILD_DYING)
		return;
	switch (limits_judge(child, now)) {
	case OVERDUE_NOT:
		break;
	case OVERDUE_ASK:
		child->unanswered++;
		child_ask(child);
		break;
	case OVERDUE_KILL:
		if (child->phase == CHILD_EXITING)
			kills_at_once(limits->kills, child, REASON_KILLED);
		else
			kills_session(limits->kills, child, REASON_KILLED, now);
		break;
	}
}

void
limits_go_on(struct limits *limits, int64_t now)
{
	if (walk_is_over(&limits->walk))
		walk_start(&limits->walk);
	children_walk(limits->children, &limits->walk, look, limits);
	if (!walk_is_over(&limits->walk))
		timer_set(&limits->turn, now);
	else if (limits->children->count > 0)
		timer_set(&limits->turn, now + LOOK_DELAY);
}

void
limits_init(
    struct limits *limits, struct children *children, struct kills *kills)
{
	limits->children = children;
	limits->kills = kills;
}

void
limits_begin(
    struct limits *limits, const struct config *config, struct child *child)
{
	child->idle_timeout = config->idle_timeout;
	child->write_timeout = config->write_timeout;
	child->max_lifetime = config->max_lifetime;
	child->progress = child->heard = child->started;
	limits_resume(limits, child->started);
}

void
limits_resume(struct limits *limits, int64_t now)
{
	timer_arm(&limits->turn, now + LOOK_DELAY);
}

void
limits_told(struct limits *limits, struct child *child,
    const struct report *report, int64_t now)
{
	enum reason reason;

	child->heard = now;
	child->unanswered = 0;
	reason = limits_reason(child, (enum report_wait)report->waits, now);
	if (child->phase == CHILD_SERVING && reason != REASON_NONE)
		kills_at_once(limits->kills, child, reason);
}
