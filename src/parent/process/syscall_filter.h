/* SPDX-License-Identifier: ISC */

/*
 * The parent's own seccomp(2) filter.  It allows the system calls of the loop,
 * of a reload, of an upgrade and of the set-up of a session, and no others. It
 * also applies to sessions and to the program that an upgrade executes.
 *
 * Calls that only an attacker makes kill the process.  All others that are not
 * allowed fail and are logged by the kernel, since a libc may try them.
 */

#ifndef SYSCALL_FILTER_H
#define SYSCALL_FILTER_H

#include <stdbool.h>

/*
 * Installs the filter for good.  Needs no_new_privs.  Returns false with errno;
 * ENOSYS means that the filter does not support the processor.
 */
bool syscall_filter_enter(void);

#endif
