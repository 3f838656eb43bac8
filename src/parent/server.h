/* SPDX-License-Identifier: ISC */

/*
 * The server: the state of the listening parent, and the loop that waits,
 * accepts, reaps, reloads and stops.  The loop is server.c; accepting and
 * forking is acceptor.c; reaping is reaper.c; stopping is drain.c.
 */

#ifndef SERVER_H
#define SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "child/sandbox.h"
#include "parent/log/events.h"
#include "parent/log/refusals.h"
#include "parent/log/trouble.h"
#include "parent/sessions/children.h"
#include "parent/sessions/sources.h"
#include "parent/settings/config.h"
#include "parent/sockets/listener.h"
#include "parent/sockets/systemd.h"

/* What is to be done later; server.c has the functions. */
enum timer {
	TIMER_ACCEPT,         /* try again after lack of resources */
	TIMER_FORK,           /* the same for fork(2) */
	TIMER_ACCEPT_TROUBLE, /* a period of trouble is over */
	TIMER_FORK_TROUBLE,
	TIMER_REFUSALS, /* a period of refusals is over */
	TIMER_SWEEP,    /* look for ended sessions that did not say so */
	TIMER_PROXIED,  /* look for PROXY headers */
	TIMER_LOG,      /* tell of dropped messages */
	TIMER_STATUS,   /* tell the service manager */
	TIMER_WATCHDOG,
	TIMER_DRAIN,    /* remind the sessions to end */
	TIMER_DEADLINE, /* end them */
	NTIMERS
};

struct server {
	const struct command_line *command;
	struct config config;
	struct listeners listeners;
	struct notify notify;
	enum sandbox sandbox;
	pid_t pid; /* of this process */

	struct children children;
	struct sources sources;
	struct refusals refusals;
	uint64_t served;    /* sessions ever begun */
	uint64_t bytes;     /* echoed by sessions that have ended */
	struct totals told; /* to the service manager */

	int64_t due[NTIMERS]; /* 0 = not set */
	struct trouble accept_trouble;
	struct trouble fork_trouble;

	/* The client that was accepted but could not be given a process. */
	int pending_fd; /* -1 = none */
	struct child *pending;
	int64_t fork_delay;

	struct child_queue unnamed; /* see proxied.h */

	bool stopping;
	bool overdue; /* the drain deadline is over */
};

/* Takes over listeners, notify and config, which are set. */
void server_init(struct server *);

/*
 * Serves until told to stop, or in inetd mode at once, and until the last
 * session has ended.
 */
void server_run(struct server *);

#endif
