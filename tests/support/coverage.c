/* SPDX-License-Identifier: ISC */

/*
 * For a COVERAGE=1 build only.  A session leaves by the bare system call,
 * past the handler that would write down its line counts, so here that call
 * is made to write them first.  Writing takes open files, which confinement
 * forbids: in this build the calls that confine do nothing and succeed.  What
 * confinement does is for the tests of the real program to show.
 *
 * Linked with -Wl,--wrap=NAME for each, by which calls of NAME come to
 * __wrap_NAME.
 */

#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <stdarg.h>

extern void __gcov_dump(void);

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
int __wrap_prctl(int option, ...);
int __real_madvise(void *, size_t, int);
int __wrap_madvise(void *, size_t, int);
int __wrap_setrlimit(int resource, const struct rlimit *);

long
__wrap_syscall(long number, ...)
{
	long argument[6];
	va_list ap;

	/* As many as there can be, as the C library takes them itself. */
	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		argument[i] = va_arg(ap, long);
	va_end(ap);
	if (number == SYS_seccomp)
		return 0;
	if (number == SYS_exit)
		__gcov_dump();
	return __real_syscall(number, argument[0], argument[1], argument[2],
	    argument[3], argument[4], argument[5]);
}

/* Counting allocates. */
int
__wrap_madvise(void *start, size_t length, int advice)
{
	return advice == MADV_DONTFORK ? 0
				       : __real_madvise(start, length, advice);
}

int
__wrap_prctl(int option, ...)
{
	unsigned long argument[4];
	va_list ap;

	va_start(ap, option);
	for (int i = 0; i < 4; i++)
		argument[i] = va_arg(ap, unsigned long);
	va_end(ap);
	if (option == PR_SET_SECCOMP)
		return 0;
	return (int)__real_syscall(SYS_prctl, (long)option, argument[0],
	    argument[1], argument[2], argument[3]);
}

int
__wrap_setrlimit(int resource, const struct rlimit *limit)
{
	if (limit->rlim_max == 0 && resource != RLIMIT_CORE)
		return 0;
	return (int)__real_syscall(
	    SYS_prlimit64, 0L, (long)resource, limit, (void *)0);
}
