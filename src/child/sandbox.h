/* SPDX-License-Identifier: ISC */

/*
 * Confines a session.  Runs in the child, before it reads its first byte.  If
 * anything fails, the session must exit.
 */

#ifndef SANDBOX_H
#define SANDBOX_H

#include <sys/types.h>

#include <stdbool.h>

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

/*
 * Closes all descriptors but two, and asks the kernel to kill this process when
 * the parent dies.  False if the parent is dead already.
 */
bool sandbox_isolate(int one, int other, pid_t parent);

/*
 * Sets the limits of files and processes to 0 and allows four system calls.
 * Afterwards only syscall(SYS_exit, ...) ends the process: _exit(2) makes
 * another call.
 */
bool sandbox_enter(enum sandbox);

#endif
