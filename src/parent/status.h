/* SPDX-License-Identifier: ISC */

/* SIGUSR1: the totals and every live session, in the log. */

#ifndef STATUS_H
#define STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "parent/log/events.h"
#include "parent/sessions/children.h"
#include "parent/timers.h"

struct server;

struct status {
	bool telling;
	struct walk walk;
	struct timer turn;
};

void status_init(struct server *);

/* The totals; the bytes are as sessions have reported them. */
struct totals status_totals(const struct server *);

/* Takes a census first.  One request is enough until it is answered. */
void status_request(struct server *, int64_t now);

/* The census is over: logs the totals, then the sessions in batches. */
void status_tell(struct server *, int64_t now);

/* Whether a request is not yet answered to its end. */
bool status_is_under_way(const struct server *);

#endif
