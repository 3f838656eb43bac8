/* SPDX-License-Identifier: ISC */

/*
 * One client's session: the child process from fork to exit.
 *
 * What it promises: every byte read is written back, in order, before the
 * next is read; the end of input is answered with the end of output; it holds
 * no descriptor but its socket and, once confined, makes no system call but
 * read, write, exit and the return from a signal handler.
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
#include "common/board.h"

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
	pid_t parent;      /* whose death ends the session */
	const char *title; /* of the process */
	struct board_line *line;
	struct departures *departures; /* NULL: nobody wants to know */
	uint32_t number;               /* of the line, from 1 */
	enum sandbox sandbox;
	int64_t max_lifetime; /* ns, 0 = none */
	bool proxied;         /* a PROXY header comes first */
};

/* Serves the client, leaves the outcome on the board line, and exits. */
_Noreturn void session_run(const struct session *);

#endif
