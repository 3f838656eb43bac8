/* SPDX-License-Identifier: ISC */

/*
 * The connections of load and their event loop.
 *
 * Without a rate each connection sends its next message once the last is
 * answered (closed loop).  With a rate messages are due at fixed times (open
 * loop), and each goes out on the first idle connection.  Its corrected latency
 * counts from the due time: a stall delays all messages that were due during
 * it, not only the one under way, so there is no coordinated omission.
 */

#ifndef POOL_H
#define POOL_H

#include <stdbool.h>
#include <stdint.h>

#include <bsd/sys/queue.h>

#include "client/load/schedule.h"
#include "client/results.h"
#include "client/target.h"

struct load_connection;
TAILQ_HEAD(pool_list, load_connection);

struct pool {
	/* set by the caller */
	const struct target *target;
	const struct addr *address;
	struct results *report; /* with the options filled in */

	/* since the last pool_collect() */
	struct histogram raw, corrected;

	/* the pool's own */
	struct schedule schedule;
	int epoll;
	struct load_connection *connections;
	struct pool_list idle;    /* can take a message */
	struct pool_list waiting; /* waiting for the server, longest first */
	struct pool_list resting; /* after a failure, longest first */
	uint64_t warming;         /* first connections still to be made */
	int64_t now;
	bool stopping;
};

/* Opens the connections; exits 2 if the machine's limits do not allow them. */
void pool_open(struct pool *);

/*
 * Runs until that time, until Ctrl-\ or until the end of the run; then it
 * returns true.  The clock of the report starts once all connections are made.
 */
bool pool_run(struct pool *, int64_t until);

/* Moves the recorded latencies to the report. */
void pool_collect(struct pool *);

void pool_close(struct pool *);

#endif
