/* SPDX-License-Identifier: ISC */

/* Stopping: no more clients, and an end to the sessions there are. */

#ifndef DRAIN_H
#define DRAIN_H

#include "parent/server.h"

/*
 * Lets nobody else begin to connect, and asks the sessions to end; they are
 * killed at the drain deadline.
 */
void drain_start(struct server *, int64_t now);

/* Asks again, for those whose last signal came at the wrong moment. */
void drain_remind(struct server *, int64_t now);

/* Waits no longer. */
void drain_end(struct server *, int64_t now);

#endif
