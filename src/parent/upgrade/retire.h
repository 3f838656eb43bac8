/* SPDX-License-Identifier: ISC */

/*
 * After an upgrade, the listening sockets that the new settings do not name.
 * New connections to them are blocked, and each is closed when its queue is
 * empty.
 *
 * Runs in the parent.
 */

#ifndef RETIRE_H
#define RETIRE_H

#include "parent/timers.h"

struct server;

struct retire {
	struct timer turn;
};

void retire_init(struct server *);

/* Some of the listeners are marked dropped. */
void retire_listeners(struct server *, int64_t now);

#endif
