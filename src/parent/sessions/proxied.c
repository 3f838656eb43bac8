/* SPDX-License-Identifier: ISC */

/* Runs in the parent. */

#include "parent/sessions/proxied.h"

#include "common/clock.h"
#include "parent/acceptor.h"
#include "parent/sessions/admission.h"

#define LOOK_DELAY      (250 * MSEC)
#define HEADER_DEADLINE (5 * SEC)

void
proxied_expect(struct server *server, struct child *child)
{
	TAILQ_INSERT_TAIL(&server->unnamed, child, unnamed);
	child->awaited = true;
	if (server->due[TIMER_PROXIED] == 0)
		server->due[TIMER_PROXIED] = clock_now() + LOOK_DELAY;
}

void
proxied_forget(struct server *server, struct child *child)
{
	if (child->awaited)
		TAILQ_REMOVE(&server->unnamed, child, unnamed);
	child->awaited = false;
}

static void
charge(struct server *server, struct child *child, int64_t now)
{
	const struct config *config = &server->config;
	struct addr client;

	if (!board_client(children_line(&server->children, child), &client))
		return; /* it names nobody: there is nobody to charge */
	struct source *source = acceptor_source(server, &client, now);
	if (config->max_per_source != 0 &&
	    source->sessions >= config->max_per_source) {
		acceptor_count_refusal(server, &source->prefix,
		    admission_reason(REFUSED_SESSIONS), now);
		child_kill(child, REASON_REFUSED);
		return;
	}
	sources_hold(&server->sources, source);
	child->source = source;
}

void
proxied_look(struct server *server, int64_t now)
{
	struct child *child, *next;

	for (child = TAILQ_FIRST(&server->unnamed); child != NULL;
	     child = next) {
		next = TAILQ_NEXT(child, unnamed);
		const struct board_line *line =
		    children_line(&server->children, child);
		if (line->header != HEADER_AWAITED) {
			proxied_forget(server, child);
			charge(server, child, now);
		} else if (now - child->started >= HEADER_DEADLINE) {
			proxied_forget(server, child);
			child_kill(child, REASON_PROXY);
		}
	}
	if (!TAILQ_EMPTY(&server->unnamed))
		server->due[TIMER_PROXIED] = now + LOOK_DELAY;
}
