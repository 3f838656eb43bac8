/* SPDX-License-Identifier: ISC */

#include "common/descriptors.h"

#include <sys/resource.h>
#include <sys/syscall.h>

#include <poll.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

enum {
	/* Descriptors that one ppoll(2) checks. */
	CHUNK = 256
};

/*
 * By number: not every C library has the function.  A seccomp filter may refuse
 * the call.
 */
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

/*
 * Asks ppoll(2) which of them are open, because a limit of a million
 * descriptors would otherwise mean a million calls of close(2).
 */
static void
close_chunk(unsigned first, unsigned count)
{
	static const struct timespec at_once = {0};
	struct pollfd polled[CHUNK];

	for (unsigned i = 0; i < count; i++)
		polled[i] = (struct pollfd){.fd = (int)(first + i)};
	bool known = ppoll(polled, count, &at_once, NULL) != -1;
	for (unsigned i = 0; i < count; i++)
		if (!known || (polled[i].revents & POLLNVAL) == 0)
			(void)close(polled[i].fd);
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
	for (; first <= last; first += CHUNK)
		close_chunk(
		    first, last - first < CHUNK ? last - first + 1 : CHUNK);
}
