/* SPDX-License-Identifier: ISC */

/*
 * Endpoints: the addresses that clients connect to, each with its counters.
 * Several sockets can be one endpoint: both of "*:7", or those that share a
 * port.  An endpoint outlives its sockets, because sessions refer to it.
 */

#ifndef ENDPOINTS_H
#define ENDPOINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/report.h"
#include "parent/sessions/admission.h"

/* Only numbers, which an upgrade can save. */
struct endpoint {
	char name[ADDR_STRLEN]; /* "192.0.2.1:7", "[::1]:7" or "*:7" */
	uint64_t sessions;      /* live now */
	uint64_t accepted;      /* sessions ever begun */
	uint64_t closed[REASON_CRASHED + 1];
	uint64_t refused[NVERDICTS];
	uint64_t bytes; /* echoed by sessions that have ended */
};

struct endpoints {
	struct endpoint *items; /* never moved: sessions refer to them */
	size_t count, room;
};

/* Allocates the table.  False if there is no memory. */
bool endpoints_init(struct endpoints *, size_t room);

/* Finds the endpoint, or adds it; NULL if the table is full. */
struct endpoint *endpoints_get(struct endpoints *, const char *name);

#endif
