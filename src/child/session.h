/* SPDX-License-Identifier: ISC */

/*
 * One client's session: the child process from fork to exit.
 *
 * A session writes back every byte in order before it reads more, and answers
 * the end of input with the end of output.  It has two descriptors, its socket
 * and the one for reports, and once confined makes no system calls but read,
 * write, exit and the return from a signal handler.
 *
 * The parent must set up the socket: blocking, with SO_RCVTIMEO at the idle
 * limit and SO_SNDTIMEO at a STALL_SLICES-th of the stall limit.
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
	 * A write that times out may have sent some bytes, at an unknown time.
	 * So each write waits for a slice of the stall limit, and the session
	 * ends between that limit and one slice later.
	 */
	STALL_SLICES = 20
};

struct session {
	int fd;
	int reports;       /* the descriptor for reports */
	uint32_t serial;   /* a part of each report */
	pid_t parent;      /* whose death ends the session */
	const char *title; /* of the process */
	enum sandbox sandbox;
	bool own_filter; /* instead of the shared one: it needs more code */
	int64_t max_lifetime; /* ns, 0 = none */
	bool proxied;         /* the client begins with a PROXY header */
};

/*
 * Serves the client, reports the end, and exits with the reason.  After SIGUSR1
 * a session reports its byte count when it returns from read(2) or write(2).  A
 * signal just before such a call does not interrupt it, so the parent repeats
 * the question.
 */
_Noreturn void session_run(const struct session *);

#endif
