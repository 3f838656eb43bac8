/* SPDX-License-Identifier: ISC */

/*
 * Confinement of a session.  Runs in the child, before it reads its first
 * byte.  Whatever fails here, the session must not go on.
 */

#ifndef SANDBOX_H
#define SANDBOX_H

#include <sys/types.h>

#include <stdbool.h>

#include "common/filter.h"

enum sandbox {
	SANDBOX_OFF,
	SANDBOX_STRICT, /* strict mode: read, write, exit, sigreturn */
	SANDBOX_FILTER, /* the same four calls by a filter */
#ifdef FILTER_ARCH
	SANDBOX_ON = SANDBOX_FILTER
#else
	SANDBOX_ON = SANDBOX_STRICT /* no filter for this processor */
#endif
};

/*
 * Leaves the session alone with two descriptors: closes every other one, and
 * has it killed if the given parent dies.  False if that has died already.
 */
bool sandbox_isolate(int one, int other, pid_t parent);

/*
 * Takes away files, processes and all but four system calls.  Afterwards the
 * only way out is syscall(SYS_exit, ...): _exit(2) makes another call.
 */
bool sandbox_enter(enum sandbox);

#endif
