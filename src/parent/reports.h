/* SPDX-License-Identifier: ISC */

/*
 * Reports of the sessions: what is done with them.  See common/report.h for
 * their contents.  What a report says is believed of its sender only, and only
 * as far as it is for that session to say; a session that sends more reports
 * than it has cause to is killed.
 */

#ifndef REPORTS_H
#define REPORTS_H

#include <stdbool.h>
#include <stdint.h>

struct server;

struct reports {
	uint64_t ends; /* how many sessions have reported their end */
};

/*
 * Whether to poll the queue.  Most reports come with a SIGCHLD and are read
 * then; polling as well would cost the parent a turn for each session.  So the
 * parent polls the queue only after a rest, or when it expects an answer.
 */
bool reports_are_awaited(const struct server *);

/* Takes up to a batch of reports.  Returns whether no more are there. */
bool reports_receive(struct server *, int64_t now);

#endif
