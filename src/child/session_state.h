/* SPDX-License-Identifier: ISC */

/*
 * What a session writes to while it serves, but for its stack.
 *
 * A new process shares the parent's memory until one of them writes to it; the
 * first write to a page costs a fault and a copy, and pages that lie far apart
 * cost page tables, too.  So all lies together, and only the pages that hold
 * data are ever touched: a session of short messages has one.
 */

#ifndef SESSION_STATE_H
#define SESSION_STATE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	/* The socket's own buffers make larger ones useless (see tests/bench).
	 */
	BUFFER_SIZE = 64 * 1024
};

struct session_state {
	bool stopping;   /* SIGTERM came */
	bool active;     /* input came after that */
	unsigned quiet;  /* signals since the last input */
	unsigned alarms; /* how often SIGALRM came */
	uint64_t bytes;  /* echoed */
	_Alignas(64) char buffer[BUFFER_SIZE];
};

extern struct session_state session_state;

#endif
