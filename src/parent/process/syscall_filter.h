/* SPDX-License-Identifier: ISC */

/*
 * The parent's own seccomp(2) filter: it may call what its loop, a reload, an
 * upgrade and the set-up of a session call, and nothing else.  Sessions, and
 * the program that an upgrade executes, are under it as well.
 *
 * A call that only an attacker makes kills the process; any other that is not
 * allowed fails, and the kernel logs it, since a libc may try it innocently.
 */

#ifndef SYSCALL_FILTER_H
#define SYSCALL_FILTER_H

#include <stdbool.h>

/*
 * Puts the filter in force, for good.  Needs no_new_privs.  Returns false with
 * errno, ENOSYS where the processor is not known to it.
 */
bool syscall_filter_enter(void);

#endif
