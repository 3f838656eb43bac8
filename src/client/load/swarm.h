/* SPDX-License-Identifier: ISC */

/*
 * The connections of load and the event loop that drives them all.
 *
 * Without a rate each connection sends its next message as soon as the last
 * is answered (closed loop).  With one, messages are due at fixed instants
 * whatever the server does (open loop): a due message goes out on the first
 * connection that is free, and its corrected latency counts from when it was
 * due, so that a stall is felt by all the messages it kept waiting.
 */

#ifndef SWARM_H
#define SWARM_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

#include "client/load/schedule.h"
#include "client/report.h"
#include "client/target.h"

struct swarm_session;
TAILQ_HEAD(swarm_list, swarm_session);

struct swarm {
	/* set by the caller */
	const struct target *target;
	const struct addrinfo *address;
	int64_t duration;
	struct report *report;    /* its first part filled in */
	struct schedule schedule; /* its rate */

	/* since the last call of swarm_run(); not yet in the report */
	struct histogram raw, corrected;

	/* the swarm's own */
	int epoll;
	struct swarm_session *sessions;
	struct swarm_list idle;    /* may take a message */
	struct swarm_list waiting; /* for the server, longest first */
	struct swarm_list resting; /* after a failure, longest first */
	uint64_t warming;          /* connections still to be made at first */
	int64_t now;
	bool stopping;
};

/* Opens the connections; exits 2 when this machine cannot have so many. */
void swarm_open(struct swarm *);

/*
 * Runs until that time, until Ctrl-\ or until all is over; then it returns
 * true.  The clock of the report starts when all connections are made.
 */
bool swarm_run(struct swarm *, int64_t until);

/* Adds what swarm_run() recorded to the report and empties it. */
void swarm_collect(struct swarm *);

void swarm_close(struct swarm *);

#endif
