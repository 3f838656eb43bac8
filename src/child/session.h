/* SPDX-License-Identifier: ISC */

/*
 * One client's session: the child process from fork to exit.
 *
 * What it promises: every byte read is written back, in order, before the
 * next is read; the end of input is answered with the end of output; it holds
 * no descriptor but its socket and the one it reports on and, once confined,
 * makes no system call but read, write, exit and the return from a signal
 * handler.
 *
 * What it needs from the socket, set by the parent: that it blocks,
 * SO_RCVTIMEO for the idle limit, and SO_SNDTIMEO at a STALL_SLICES-th of the
 * stall limit.
 */

#ifndef SESSION_H
#define SESSION_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "child/sandbox.h"
#include "common/addr.h"
#include "common/report.h"

enum {
	/*
	 * A write that times out has often moved some bytes, at a moment
	 * nobody knows.  Waiting in slices makes a session stall at the limit
	 * and a slice after its last progress at the latest.
	 */
	STALL_SLICES = 20
};

struct session {
	int fd;
	int reports;       /* where they are sent */
	uint32_t serial;   /* goes with each report */
	pid_t parent;      /* whose death ends the session */
	const char *title; /* of the process */
	enum sandbox sandbox;
	int64_t max_lifetime; /* ns, 0 = none */
	bool proxied;         /* a PROXY header comes first */
};

/*
 * Serves the client, reports, and exits with the reason.  Asked by SIGUSR1, it
 * reports its count as soon as it comes out of read(2) or write(2); asked just
 * before it goes in, it has to be asked again.
 */
_Noreturn void session_run(const struct session *);

#endif
