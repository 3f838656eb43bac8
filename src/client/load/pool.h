/* SPDX-License-Identifier: ISC */

/*
 * The connections of load and the event loop that drives them all.
 *
 * Without a rate each connection sends its next message as soon as the last
 * is answered (closed loop).  With one, messages are due at fixed instants
 * whatever the server does (open loop): a due message goes out on the first
 * free connection.  Its corrected latency counts from when it was due, so that
 * a stall is felt by all the messages it kept waiting; this avoids coordinated
 * omission.
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
	struct results *report; /* in which what was asked for is known */

	/* since the last call of pool_run(); not yet in the report */
	struct histogram raw, corrected;

	/* the pool's own */
	struct schedule schedule;
	int epoll;
	struct load_connection *connections;
	struct pool_list idle;    /* may take a message */
	struct pool_list waiting; /* for the server, longest first */
	struct pool_list resting; /* after a failure, longest first */
	uint64_t warming;         /* connections still to be made at first */
	int64_t now;
	bool stopping;
};

/* Opens the connections; exits 2 when this machine cannot have so many. */
void pool_open(struct pool *);

/*
 * Runs until that time, until Ctrl-\ or until all is over; then it returns
 * true.  The clock of the report starts when all connections are made.
 */
bool pool_run(struct pool *, int64_t until);

/* Adds what pool_run() recorded to the report and empties it. */
void pool_collect(struct pool *);

void pool_close(struct pool *);

#endif
