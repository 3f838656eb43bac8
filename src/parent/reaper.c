/* SPDX-License-Identifier: ISC */

/*
 * Runs in the parent.
 *
 * To find any child that has ended, waitpid(2) walks through all of them: with
 * 15,000 live sessions this takes several times as long as a fork.  So the
 * parent asks, by pid, for the sessions that have reported their end or that it
 * has killed.  A session that crashed has not reported its end, and a
 * compromised one may have lied; half a second later the parent asks for any
 * child, which finds those.
 */

#include "parent/reaper.h"

#include <sys/wait.h>

#include "common/clock.h"
#include "parent/acceptor.h"
#include "parent/log/events.h"
#include "parent/reports.h"
#include "parent/server.h"

enum {
	/* few, because each search walks through all children */
	SWEEP_BATCH = 4
};

#define RETRY_DELAY (10 * MSEC)
#define SWEEP_DELAY (500 * MSEC)

/*
 * Sessions may exit with some of the reasons only; a compromised one could use
 * any status.
 */
static bool
is_credible(const struct child *child, int status)
{
	int said = WEXITSTATUS(status);

	return WIFEXITED(status) && said > REASON_NONE &&
	       said < REASON_KILLED &&
	       (said != REASON_PROXY || child->header_pending);
}

static enum reason
reason_of_end(const struct child *child, int status)
{
	if (is_credible(child, status))
		return (enum reason)WEXITSTATUS(status);
	return child->kill_reason != REASON_NONE ? child->kill_reason
						 : REASON_CRASHED;
}

/*
 * Sessions that ended because their client was refused are logged as refusals.
 * Bad headers are throttled like refusals: one line for each source and period.
 */
static bool
is_worth_a_line(struct server *server, const struct child *child,
    enum reason reason, int64_t now)
{
	struct prefix peer = prefix_of(&child->peer, UINT8_MAX);

	if (reason == REASON_REFUSED)
		return false;
	return reason != REASON_PROXY ||
	       acceptor_count_refusal(
		   server, &peer, REFUSED_HEADER, child->endpoint, now) == 1;
}

static void
count_end(
    struct server *server, struct child *child, enum reason reason, int64_t now)
{
	struct endpoint *endpoint = child->endpoint;

	endpoint->sessions--;
	endpoint->closed[reason == REASON_SANDBOX ? REASON_CRASHED : reason]++;
	endpoint->bytes += child->bytes;
	metrics_session(&server->metrics, now - child->started, child->bytes);
}

static void
session_ended(
    struct server *server, struct child *child, int status, int64_t now)
{
	int signo = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	enum reason reason = reason_of_end(child, status);

	if (now < child->started) /* the session began later in this turn */
		now = child->started;
	if (is_worth_a_line(server, child, reason, now))
		event_closed(child, reason, signo, now);
	count_end(server, child, reason, now);
	census_settle(&server->census, child, now);
	proxied_forget(&server->proxied, child);
	sources_drop(&server->sources, child->source);
	children_release(&server->children, child);
}

/*
 * Reaps, by pid, a batch of the children that are expected to end.  A round
 * asks for each child once.  A child that has not ended yet will cause another
 * SIGCHLD, which begins another round.
 */
static void
reap_expected(struct server *server, int64_t now)
{
	struct child_queue *exiting = &server->children.exiting;
	pid_t *first_left = &server->reaper.first_left;
	struct child *child;
	int status;

	timer_clear(&server->reaper.retry);
	for (int i = 0; i < CHILDREN_BATCH; i++) {
		child = TAILQ_FIRST(exiting);
		if (child == NULL || child->pid == *first_left) {
			*first_left = 0;
			return;
		}
		if (waitpid(child->pid, &status, WNOHANG) == child->pid) {
			session_ended(server, child, status, now);
			continue;
		}
		children_move(&server->children, child, CHILD_EXITING);
		if (*first_left == 0)
			*first_left = child->pid;
	}
	timer_set(&server->reaper.retry, now + 1); /* the next turn */
}

void
reap_soon(struct server *server, int64_t now)
{
	server->reaper.first_left = 0;
	timer_arm(&server->reaper.retry, now + RETRY_DELAY);
}

bool
reaper_receive(struct server *server, int64_t now)
{
	uint64_t ends = server->reports.ends;
	bool all = reports_receive(server, now);

	if (server->reports.ends != ends)
		reap_soon(server, now);
	return all;
}

/* Finds a child that has ended, without reaping it; 0 = there is none. */
static pid_t
find_ended(void)
{
	siginfo_t ended = {0};

	if (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == -1)
		return 0;
	return ended.si_pid;
}

/*
 * Reaps a batch of children by asking for any.  A child that is found has sent
 * all its reports, so the parent empties the queue of reports before it
 * concludes that the child ended without one.  The search stops at the first
 * child that is expected to end: reap_expected() collects the rest by pid,
 * which is cheaper.
 */
static void
reap_any(struct server *server, int64_t now)
{
	struct reaper *reaper = &server->reaper;
	int status;
	pid_t pid;

	for (int i = 0; i < SWEEP_BATCH && (pid = find_ended()) != 0; i++) {
		struct child *child = children_find(&server->children, pid);
		if (child != NULL && !reaper_receive(server, now)) {
			timer_set(&reaper->sweep, now);
			return;
		}
		if (child != NULL && child->phase == CHILD_EXITING) {
			timer_set(&reaper->sweep, now + SWEEP_DELAY);
			timer_set(&reaper->retry, now);
			return;
		}
		/* In a container pid 1 also gets orphans of other programs. */
		if (waitpid(pid, &status, WNOHANG) != pid)
			continue;
		if (child != NULL)
			session_ended(server, child, status, now);
		else
			upgrade_reaped(server, pid, status);
		timer_set(&reaper->sweep, now + RETRY_DELAY);
	}
}

void
reaper_init(struct server *server)
{
	timers_add(&server->timers, &server->reaper.retry, reap_expected);
	timers_add(&server->timers, &server->reaper.sweep, reap_any);
}

void
reaper_resume(struct server *server, int64_t now)
{
	timer_set(&server->reaper.retry, now);
	timer_set(&server->reaper.sweep, now);
}

void
reap(struct server *server, int64_t now)
{
	/* Before reaping, read what the ended sessions have reported. */
	(void)reaper_receive(server, now);
	server->reaper.first_left = 0;
	reap_expected(server, now);
	timer_arm(&server->reaper.sweep, now + SWEEP_DELAY);
}
