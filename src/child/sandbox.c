/* SPDX-License-Identifier: ISC */

#include "child/sandbox.h"

#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "common/calls.h"
#include "common/confined.h"
#include "common/descriptors.h"
#include "common/filter.h"

struct sandbox_code sandbox_code;

#ifdef FILTER_ARCH

#define LARGER(a, b) ((a) > (b) ? (a) : (b))

enum {
	LAST_CALL = LARGER(
	    LARGER(__NR_read, __NR_write), LARGER(__NR_exit, __NR_rt_sigreturn))
};

/*
 * The first instruction kills all calls with large numbers.  That makes the
 * start of a session faster: on installation the kernel runs the filter once
 * for each call that the parent's filter allows, to cache the result.
 */
static bool
restrict_calls(void)
{
	static struct sock_filter code[] = {
	    FILTER_LOAD(nr),
	    FILTER_SKIP_UNLESS_ABOVE(LAST_CALL, 1),
	    FILTER_RETURN(SECCOMP_RET_KILL_PROCESS),
	    FILTER_LOAD(arch),
	    FILTER_SKIP_IF(FILTER_ARCH, 1),
	    FILTER_RETURN(SECCOMP_RET_KILL_PROCESS),
	    FILTER_LOAD(nr),
#ifdef __NR_sigreturn
	    FILTER_SKIP_IF(__NR_sigreturn, 5),
#endif
	    FILTER_SKIP_IF(__NR_read, 4),
	    FILTER_SKIP_IF(__NR_write, 3),
	    FILTER_SKIP_IF(__NR_rt_sigreturn, 2),
	    FILTER_SKIP_IF(__NR_exit, 1),
	    FILTER_RETURN(SECCOMP_RET_KILL_PROCESS),
	    FILTER_RETURN(SECCOMP_RET_ALLOW),
	};
	static const struct sock_fprog program = {
	    .len = sizeof code / sizeof *code, .filter = code};

	return call_kernel(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0,
		   (intptr_t)&program, 0) == 0;
}

#else

/*
 * Strict mode allows the same calls, but cannot be entered under another
 * filter.
 */
static bool
restrict_calls(void)
{
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0;
}

#endif

bool
sandbox_isolate(int one, int other, pid_t parent)
{
	int low = one < other ? one : other, high = one + other - low;

	if (low > 0)
		descriptors_close(0, (unsigned)low - 1);
	descriptors_close((unsigned)low + 1, (unsigned)high - 1);
	descriptors_close((unsigned)high + 1, UINT_MAX);
	/*
	 * The parent has changed its user before the fork; a change would reset
	 * this.
	 */
	if (call_kernel(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0) != 0)
		return false;
	return call_kernel(SYS_getppid, 0, 0, 0, 0) == parent;
}

bool
sandbox_enter(enum sandbox mode, bool own_filter)
{
	if (mode == SANDBOX_OFF)
		return true;
	if (call_limit_to_none(RLIMIT_NOFILE) != 0 ||
	    call_limit_to_none(RLIMIT_NPROC) != 0 ||
	    call_limit_to_none(RLIMIT_FSIZE) != 0)
		return false;
	return (sandbox_code.count > 0 && !own_filter) || restrict_calls();
}

CONFINED bool
sandbox_unmap_code(void)
{
	if (sandbox_code.count == 0)
		return true;
	for (size_t i = 0; i < sandbox_code.count; i++)
		if (call_munmap(sandbox_code.items[i].start,
			sandbox_code.items[i].size) != 0)
			return false;
	return call_munmap(0, 0) == -EPERM; /* the kernel would say EINVAL */
}
