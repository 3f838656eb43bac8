/* SPDX-License-Identifier: ISC */

#include "parent/reports.h"

#include "common/clock.h"
#include "parent/acceptor.h"
#include "parent/server.h"

/* 256 Gbit/s, more than any single session can echo. */
#define BYTES_PER_NS UINT64_C(32)

bool
reports_are_awaited(const struct server *server)
{
	return !timer_is_set(&server->inbox.rest) ||
	       server->census.missing > 0 ||
	       !TAILQ_EMPTY(&server->children.dying);
}

/*
 * An upper limit of what the session can have echoed.  The added second allows
 * for now, which was taken before the reports were read.
 */
static uint64_t
most_bytes(const struct child *child, int64_t now)
{
	return BYTES_PER_NS * (uint64_t)(now - child->started + SEC);
}

static void
count_bytes(
    struct server *server, struct child *child, uint64_t bytes, int64_t now)
{
	/*
	 * Ignore impossible counts, so that the totals cannot shrink or wrap.
	 */
	if (bytes <= child->bytes || bytes > most_bytes(child, now))
		return;
	child->progress = now;
	server->bytes += bytes - child->bytes;
	child->bytes = bytes;
}

static void
take(struct server *server, struct child *child, const struct report *report,
    int64_t now)
{
	if (child->phase == CHILD_EXITING && child->kill_reason == REASON_NONE)
		return; /* it has reported its end */
	count_bytes(server, child, report->bytes, now);
	switch (report->kind) {
	case REPORT_CLIENT:
		if (proxied_client(&server->proxied, child, report))
			acceptor_charge(server, child, now);
		break;
	case REPORT_END:
		child->counted = true;
		census_settle(&server->census, child, now);
		child->heard = now;
		kills_answered(&server->kills, child);
		children_move(&server->children, child, CHILD_EXITING);
		server->reports.ends++;
		break;
	case REPORT_COUNT:
		child->counted = true;
		census_settle(&server->census, child, now);
		kills_answered(&server->kills, child);
		limits_told(&server->limits, child, report, now);
		break;
	default:
		break;
	}
}

static void
take_message(struct server *server, int index, int64_t now)
{
	const struct report *report = inbox_report(&server->inbox, index);
	struct child *child = children_find(
	    &server->children, inbox_sender(&server->inbox, index));

	if (child == NULL)
		return; /* the sender has been reaped */
	if (child->allowance == 0) {
		kills_at_once(&server->kills, child, REASON_KILLED);
		return;
	}
	child->allowance--;
	if (report != NULL && report->serial == child->serial)
		take(server, child, report, now);
}

bool
reports_receive(struct server *server, int64_t now)
{
	int count = inbox_receive(&server->inbox, now);

	for (int i = 0; i < count; i++)
		take_message(server, i, now);
	return count < CHILDREN_BATCH;
}
