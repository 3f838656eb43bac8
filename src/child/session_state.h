/* SPDX-License-Identifier: ISC */

/*
 * What a session writes to while it serves, but for its stack.
 *
 * A new process shares the parent's memory until one of them writes to it; the
 * first write to a page costs a fault and a copy, and pages that lie far apart
 * cost page tables, too.  So this starts a page of its own, and only the pages
 * that hold data are ever touched: a session of short messages has one.
 */

#ifndef SESSION_STATE_H
#define SESSION_STATE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	/* The socket's own buffers make larger ones useless (see tests/bench).
	 */
	BUFFER_SIZE = 64 * 1024,

	/*
	 * Libc's block for a thread, in a static program; 3.3 kB in glibc 2.36
	 * on x86-64.  At its end is what libc and the kernel write to in each
	 * new process (ids, the list of robust locks, restartable sequences),
	 * 2.3 kB, which is to be in the page of the rest.
	 */
	THREAD_SIZE = 4096 + 2496
};

struct session_state {
	char thread[THREAD_SIZE];
	bool lent;       /* to libc */
	bool stopping;   /* SIGTERM came */
	bool active;     /* input came after that */
	unsigned quiet;  /* signals since the last input */
	unsigned alarms; /* how often SIGALRM came */
	uint64_t bytes;  /* echoed */
	_Alignas(64) char buffer[BUFFER_SIZE];
};

extern struct session_state session_state;

#endif
