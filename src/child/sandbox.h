/* SPDX-License-Identifier: ISC */

/*
 * Confines a session.  Runs in the child, before it reads its first byte.  If
 * anything fails, the session must exit.
 *
 * A session may call read(2), write(2), exit(2) and return from a signal
 * handler.  One seccomp(2) filter, which the parent has entered, enforces this
 * for all sessions: it checks the address from which a call is made, and allows
 * only these calls to the page of the confined code.  A session unmaps all
 * other code, and has no call to map any, so only the code of the echo loop is
 * left.  A filter for each session would cost more than everything else here.
 *
 * If there is no shared filter, or if a session needs more code, it enters a
 * filter of its own, which allows the same four calls.
 */

#ifndef SANDBOX_H
#define SANDBOX_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/filter.h"

enum sandbox {
	SANDBOX_OFF,
	SANDBOX_STRICT, /* strict mode: read, write, exit, sigreturn */
	SANDBOX_FILTER, /* a filter that allows the same four calls */
#ifdef FILTER_ARCH
	SANDBOX_ON = SANDBOX_FILTER
#else
	SANDBOX_ON =
	    SANDBOX_STRICT /* the filter does not support this processor */
#endif
};

enum {
	/* Mappings of code: the program's, its libraries', the vDSO. */
	SANDBOX_CODE_MAX = 16
};

/* The code that a session unmaps; none without a shared filter. */
extern struct sandbox_code {
	size_t count;
	struct span {
		uintptr_t start;
		size_t size;
	} items[SANDBOX_CODE_MAX];
} sandbox_code;

/*
 * Closes all descriptors but two, and asks the kernel to kill this process when
 * the parent dies.  False if the parent is dead already.
 */
bool sandbox_isolate(int one, int other, pid_t parent);

/*
 * Sets the limits of files and processes to 0.  Without a shared filter, or
 * with own_filter, enters a filter that allows only four system calls.
 */
bool sandbox_enter(enum sandbox, bool own_filter);

/*
 * If there is a shared filter, unmaps all other code, so that it applies, and
 * checks that it does.  From here on only CONFINED functions can run.
 */
bool sandbox_unmap_code(void);

#endif
