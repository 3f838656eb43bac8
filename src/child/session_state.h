/* SPDX-License-Identifier: ISC */

/*
 * All memory that a session writes to while it serves, except its stack.
 *
 * A new process shares the parent's memory until one of them writes to it: the
 * first write to a page costs a fault and a copy, and pages that are far apart
 * need page tables of their own.  So this struct holds all variables of a
 * session, and a session of short messages touches one page of it.
 */

#ifndef SESSION_STATE_H
#define SESSION_STATE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	/*
	 * Larger buffers bring nothing beside those of the socket (see
	 * tests/bench).
	 */
	BUFFER_SIZE = 64 * 1024
};

struct session_state {
	bool stopping;   /* SIGTERM has come */
	bool active;     /* input has come after it */
	unsigned quiet;  /* signals since the last input */
	unsigned alarms; /* the number of SIGALRMs */
	uint64_t bytes;  /* echoed */
	_Alignas(64) char buffer[BUFFER_SIZE];
};

extern struct session_state session_state;

#endif
