/* SPDX-License-Identifier: ISC */

/*
 * Acts on the reports of sessions; common/report.h describes their contents. A
 * compromised session can send anything, so a report affects its sender only,
 * and a session that sends more reports than it has reason to is killed.
 */

#ifndef REPORTS_H
#define REPORTS_H

#include <stdbool.h>
#include <stdint.h>

struct server;

struct reports {
	uint64_t ends; /* reports of an end, so far */
};

/*
 * Whether to poll the queue now.  Most reports come with a SIGCHLD and are read
 * then; polling as well would cost the parent a turn for each session.  So the
 * parent polls only after a rest, or when it expects an answer.
 */
bool reports_are_awaited(const struct server *);

/* Reads up to a batch of reports.  Returns whether the queue is empty. */
bool reports_receive(struct server *, int64_t now);

#endif
