/* SPDX-License-Identifier: ISC */

/* SIGUSR1: logs the totals and every live session. */

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

/* The totals; the bytes are those that sessions have reported. */
struct totals status_totals(const struct server *);

/*
 * Begins with a census.  A request while another is being answered is ignored.
 */
void status_request(struct server *, int64_t now);

/* The census is over: logs the totals, then the sessions in batches. */
void status_tell(struct server *, int64_t now);

/* Whether a request is being answered. */
bool status_is_under_way(const struct server *);

#endif
