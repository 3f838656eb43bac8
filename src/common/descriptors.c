/* SPDX-License-Identifier: ISC */

#include "common/descriptors.h"

#include <sys/resource.h>
#include <sys/syscall.h>

#include <unistd.h>

/* Not every C library has the function, nor every seccomp filter the call. */
static long
close_range_call(unsigned first, unsigned last)
{
#ifdef SYS_close_range
	return syscall(SYS_close_range, first, last, 0);
#else
	(void)first;
	(void)last;
	return -1;
#endif
}

void
descriptors_close(unsigned first, unsigned last)
{
	struct rlimit open_files;

	if (first > last || close_range_call(first, last) == 0)
		return;
	if (getrlimit(RLIMIT_NOFILE, &open_files) == 0 &&
	    last >= open_files.rlim_cur)
		last = (unsigned)open_files.rlim_cur;
	for (unsigned fd = first; fd <= last; fd++)
		(void)close((int)fd);
}
