/* SPDX-License-Identifier: ISC */

/*
 * Confines a session.  Runs in the child, before it reads its first byte.  If
 * anything fails, the session must exit.
 *
 * A session may call read(2), write(2), exit(2) and return from a signal
 * handler.  One seccomp(2) filter, which the parent has entered, holds this for
 * all sessions: it looks at the address that a call comes from, and allows the
 * page of the confined code no others.  A session unmaps all other code, and
 * has no call to map any.  So it is left with the code of the echo loop, and
 * needs no filter of its own, which would cost more than all the rest here.
 *
 * Where the shared filter cannot be had, and where a session needs more code,
 * the session enters a filter of its own, that allows the same four calls.
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

/* What a session unmaps; nothing, where there is no shared filter. */
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
 * Sets the limits of files and processes to 0.  Without a shared filter, or if
 * the session is to have one of its own, allows only four system calls.
 */
bool sandbox_enter(enum sandbox, bool own_filter);

/*
 * Puts the session under the shared filter, if there is one.  What runs from
 * here on has to be CONFINED.
 */
bool sandbox_unmap_code(void);

#endif
