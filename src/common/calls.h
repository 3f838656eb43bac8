/* SPDX-License-Identifier: ISC */

/*
 * The system calls that a session makes, all by syscall(2).  libc's wrappers
 * are spread over many pages, and in a new process the first use of each page
 * costs a fault; so a session uses this one function of libc.
 */

#ifndef CALLS_H
#define CALLS_H

#include <sys/types.h>

#include <sys/syscall.h>

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

enum {
	KERNEL_SIGSET_SIZE = 8
};

static inline ssize_t
call_read(int fd, void *buffer, size_t size)
{
	return syscall(SYS_read, fd, buffer, size);
}

static inline ssize_t
call_write(int fd, const void *data, size_t size)
{
	return syscall(SYS_write, fd, data, size);
}

static inline int
call_sigprocmask(int how, const sigset_t *set)
{
	return (int)syscall(
	    SYS_rt_sigprocmask, how, set, NULL, KERNEL_SIGSET_SIZE);
}

/* Sets a limit, soft and hard, to 0. */
static inline int
call_limit_to_none(int resource)
{
	const uint64_t none[2] = {0, 0};

	return (int)syscall(SYS_prlimit64, 0, resource, none, NULL);
}

#endif
