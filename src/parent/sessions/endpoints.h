/* SPDX-License-Identifier: ISC */

/*
 * Endpoints: the addresses that clients connect to, each with what has been
 * counted of it.  Several sockets can be one endpoint: both of "*:7", or those
 * that share a port.  The table lives longer than the sockets, for the sessions
 * that came by them.
 */

#ifndef ENDPOINTS_H
#define ENDPOINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/report.h"
#include "parent/sessions/admission.h"

/* Plain numbers, which can be handed on. */
struct endpoint {
	char name[ADDR_STRLEN]; /* "192.0.2.1:7", "[::1]:7" or "*:7" */
	uint64_t sessions;      /* live now */
	uint64_t accepted;      /* sessions ever begun */
	uint64_t closed[REASON_CRASHED + 1];
	uint64_t refused[NVERDICTS];
	uint64_t bytes; /* echoed by sessions that have ended */
};

struct endpoints {
	struct endpoint *items; /* they do not move */
	size_t count, room;
};

/* Makes room.  False if there is no memory. */
bool endpoints_init(struct endpoints *, size_t room);

/* The endpoint of that name, new if need be; NULL if there is no room. */
struct endpoint *endpoints_get(struct endpoints *, const char *name);

#endif
