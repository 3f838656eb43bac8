/* SPDX-License-Identifier: ISC */

/* Runs in the parent. */

#include "parent/sessions/proxied.h"

#include "common/clock.h"
#include "parent/acceptor.h"
#include "parent/server.h"
#include "parent/sessions/admission.h"

#define HEADER_DEADLINE (5 * SEC)

/* Ends a batch of sessions whose header is overdue. */
static void
deadline_over(struct server *server, int64_t now)
{
	struct proxied *proxied = &server->proxied;
	struct child *child;

	for (int i = 0; i < CHILDREN_BATCH; i++) {
		child = TAILQ_FIRST(&proxied->unnamed);
		if (child == NULL || child->started + HEADER_DEADLINE > now)
			break;
		proxied_forget(server, child);
		child->counted = true; /* nothing is echoed before */
		kills_at_once(server, child, REASON_PROXY);
	}
	child = TAILQ_FIRST(&proxied->unnamed);
	if (child != NULL)
		timer_set(&proxied->deadline, child->started + HEADER_DEADLINE);
}

void
proxied_init(struct server *server)
{
	TAILQ_INIT(&server->proxied.unnamed);
	timers_add(&server->timers, &server->proxied.deadline, deadline_over);
}

void
proxied_expect(struct server *server, struct child *child)
{
	TAILQ_INSERT_TAIL(&server->proxied.unnamed, child, unnamed);
	child->header_pending = true;
	timer_arm(&server->proxied.deadline, child->started + HEADER_DEADLINE);
}

void
proxied_forget(struct server *server, struct child *child)
{
	if (child->header_pending)
		TAILQ_REMOVE(&server->proxied.unnamed, child, unnamed);
	child->header_pending = false;
}

static void
charge(struct server *server, struct child *child, int64_t now)
{
	const struct config *config = &server->config;
	struct source *source = acceptor_source(server, &child->client, now);

	if (config->max_per_source != 0 &&
	    source->sessions >= config->max_per_source) {
		(void)acceptor_count_refusal(server, &source->prefix,
		    REFUSED_SESSIONS, child->endpoint, now);
		kills_at_once(server, child, REASON_REFUSED);
		return;
	}
	sources_hold(&server->sources, source);
	child->source = source;
}

void
proxied_client(struct server *server, struct child *child,
    const struct report *report, int64_t now)
{
	struct addr raw = report->client;

	if (!child->header_pending)
		return;
	proxied_forget(server, child);
	raw.scope = 0;
	child->named = report->named && addr_canonical(&raw, &child->client);
	if (child->named) /* else there is nobody to charge */
		charge(server, child, now);
}
