/* SPDX-License-Identifier: ISC */

#include "parent/sessions/proxied.h"

#include "common/clock.h"
#include "parent/sessions/kills.h"

#define HEADER_DEADLINE (5 * SEC)

void
proxied_init(struct proxied *proxied, struct kills *kills)
{
	proxied->kills = kills;
	TAILQ_INIT(&proxied->unnamed);
}

void
proxied_expect(struct proxied *proxied, struct child *child)
{
	TAILQ_INSERT_TAIL(&proxied->unnamed, child, unnamed);
	child->header_pending = true;
	timer_arm(&proxied->deadline, child->started + HEADER_DEADLINE);
}

void
proxied_forget(struct proxied *proxied, struct child *child)
{
	if (child->header_pending)
		TAILQ_REMOVE(&proxied->unnamed, child, unnamed);
	child->header_pending = false;
}

bool
proxied_client(
    struct proxied *proxied, struct child *child, const struct report *report)
{
	struct addr raw = report->client;

	if (!child->header_pending)
		return false;
	proxied_forget(proxied, child);
	raw.scope = 0;
	child->named = report->named && addr_canonical(&raw, &child->client);
	return child->named;
}

void
proxied_go_on(struct proxied *proxied, int64_t now)
{
	struct child *child;

	for (int i = 0; i < CHILDREN_BATCH; i++) {
		child = TAILQ_FIRST(&proxied->unnamed);
		if (child == NULL || child->started + HEADER_DEADLINE > now)
			break;
		proxied_forget(proxied, child);
		child->counted = true; /* it has echoed nothing */
		kills_at_once(proxied->kills, child, REASON_PROXY);
	}
	child = TAILQ_FIRST(&proxied->unnamed);
	if (child != NULL)
		timer_set(&proxied->deadline, child->started + HEADER_DEADLINE);
}
