/* SPDX-License-Identifier: ISC */

/*
 * Retires listening sockets that the settings no longer name, after an upgrade.
 * New connections to them are blocked, and each is closed once its queue is
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

/* Starts to retire the listeners that are marked dropped. */
void retire_listeners(struct server *, int64_t now);

#endif
