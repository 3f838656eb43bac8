/* SPDX-License-Identifier: ISC */

/*
 * Listening sockets that the settings name no more after an upgrade: they are
 * deaf, and closed when the clients in their queues are taken in.
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
