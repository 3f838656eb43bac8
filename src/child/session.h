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
	 * A write that times out has often moved some bytes, at an unknown
	 * moment.  So a write waits in slices of the stall limit, and a session
	 * ends between that limit and one slice later.
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
 * Serves the client, reports, and exits with the reason.  On SIGUSR1 a session
 * reports its byte count as soon as it returns from read(2) or write(2).  It
 * misses a signal that comes just before such a call, so the parent asks again.
 */
_Noreturn void session_run(const struct session *);

#endif
