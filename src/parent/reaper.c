/* SPDX-License-Identifier: ISC */

/*
 * Runs in the parent.
 *
 * To find any child that has ended, waitpid(2) goes through all of them: with
 * 15,000 live sessions that takes several times as long as a fork.  So the
 * parent asks for those, by pid, who say on the board that they leave.  A
 * session that died did not say so, and one that was taken over may have lied
 * or spoilt the list; they are found half a second later, by asking for any.
 */

#include "parent/reaper.h"

#include <sys/wait.h>

#include "common/clock.h"
#include "parent/acceptor.h"
#include "parent/log/events.h"
#include "parent/sessions/proxied.h"

#define SWEEP_DELAY (500 * MSEC)

/*
 * What the session says counts only if it came to its own end, and only if
 * it is for a session to say.
 */
static enum reason
reason_of_end(const struct child *child, enum reason said, bool signaled)
{
	if (!signaled && said > REASON_NONE && said < REASON_KILLED)
		return said;
	return child->cut != REASON_NONE ? child->cut : REASON_CRASHED;
}

/*
 * Refusals have been counted, and bad headers are logged like them, one line a
 * source and period.
 */
static bool
is_worth_a_line(struct server *server, const struct child *child,
    enum reason reason, int64_t now)
{
	struct prefix peer = prefix_of(&child->peer, UINT8_MAX);

	if (reason == REASON_REFUSED)
		return false;
	return reason != REASON_PROXY ||
	       acceptor_count_refusal(server, &peer, "proxy-header", now) == 1;
}

static void
session_ended(
    struct server *server, struct child *child, int status, int64_t now)
{
	struct board_line *line = children_line(&server->children, child);
	int signo = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	enum reason reason = reason_of_end(child, line->reason, signo != 0);

	if (is_worth_a_line(server, child, reason, now))
		event_closed(child, line, reason, signo, now);
	server->bytes += line->bytes;
	proxied_forget(server, child);
	sources_drop(&server->sources, child->source);
	children_release(&server->children, child);
}

/* Returns whether the session was one that had to be looked for. */
static bool
reap_found(struct server *server, pid_t pid, int status, int64_t now)
{
	struct child *child = children_find(&server->children, pid);

	if (child == NULL)
		return true; /* not a session, as a container's orphans */
	/* While its line still leads to those before it. */
	children_take_departures(&server->children);
	bool listed = child->leaving;
	session_ended(server, child, status, now);
	return !listed;
}

/*
 * Ends at the first who is on the list, for the others there are better asked
 * for by pid.
 */
void
reap_any(struct server *server, int64_t now)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (!reap_found(server, pid, status, now)) {
			server->due[TIMER_SWEEP] = now + SWEEP_DELAY;
			break;
		}
}

void
reap(struct server *server, int64_t now)
{
	struct child *child, *next;
	int status;

	children_take_departures(&server->children);
	for (child = TAILQ_FIRST(&server->children.leaving); child != NULL;
	     child = next) {
		next = TAILQ_NEXT(child, departure);
		/* One that is not quite gone will send its own SIGCHLD. */
		if (waitpid(child->pid, &status, WNOHANG) == child->pid)
			session_ended(server, child, status, now);
	}
	if (server->overdue)
		reap_any(server, now); /* who is killed says nothing */
	else if (server->due[TIMER_SWEEP] == 0)
		server->due[TIMER_SWEEP] = now + SWEEP_DELAY;
}
