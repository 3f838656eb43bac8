/* SPDX-License-Identifier: ISC */

/*
 * The system calls that a session makes.  They return a negative errno value on
 * error.  Where the kernel can be called directly they do not use libc, whose
 * functions are spread over many pages: in a new process the first use of each
 * page costs a fault.
 */

#ifndef CALLS_H
#define CALLS_H

#include <sys/types.h>

#include <sys/syscall.h>

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

enum {
	KERNEL_SIGSET_SIZE = 8
};

/* Inlined into the caller, which may be CONFINED. */
#define INLINED __attribute__((always_inline)) static inline

#if defined(__x86_64__) && !defined(__ILP32__)

#define CALLS_ARE_DIRECT

INLINED long
call_kernel(long number, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return result;
}

#else

INLINED long
call_kernel(long number, long a, long b, long c, long d)
{
	long result = syscall(number, a, b, c, d);

	return result == -1 ? -errno : result;
}

#endif

INLINED ssize_t
call_read(int fd, void *buffer, size_t size)
{
	return call_kernel(SYS_read, fd, (intptr_t)buffer, (long)size, 0);
}

INLINED ssize_t
call_write(int fd, const void *data, size_t size)
{
	return call_kernel(SYS_write, fd, (intptr_t)data, (long)size, 0);
}

INLINED int
call_munmap(uintptr_t start, size_t size)
{
	return (int)call_kernel(SYS_munmap, (long)start, (long)size, 0, 0);
}

INLINED _Noreturn void
call_exit(int status)
{
	for (;;)
		(void)call_kernel(SYS_exit, status, 0, 0, 0);
}

INLINED int
call_sigprocmask(int how, const sigset_t *set)
{
	return (int)call_kernel(
	    SYS_rt_sigprocmask, how, (intptr_t)set, 0, KERNEL_SIGSET_SIZE);
}

/* Sets a limit, soft and hard, to 0. */
INLINED int
call_limit_to_none(int resource)
{
	const uint64_t none[2] = {0, 0};

	return (int)call_kernel(SYS_prlimit64, 0, resource, (intptr_t)none, 0);
}

#endif
