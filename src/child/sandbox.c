/* SPDX-License-Identifier: ISC */

#include "child/sandbox.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "common/descriptors.h"

#if defined(__x86_64__) && !defined(__ILP32__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH AUDIT_ARCH_RISCV64
#endif

#define LOAD(member)                                                           \
	BPF_STMT(                                                              \
	    BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define SKIP_IF(value, count)                                                  \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (count), 0)
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, (action))

static bool
enter_filter(void)
{
#ifdef ARCH
	static struct sock_filter code[] = {
	    LOAD(arch),
	    SKIP_IF(ARCH, 1),
	    RETURN(SECCOMP_RET_KILL_PROCESS),
	    LOAD(nr),
	    SKIP_IF(__NR_read, 4),
	    SKIP_IF(__NR_write, 3),
	    SKIP_IF(__NR_rt_sigreturn, 2),
	    SKIP_IF(__NR_exit, 1),
	    RETURN(SECCOMP_RET_KILL_PROCESS),
	    RETURN(SECCOMP_RET_ALLOW),
	};
	static const struct sock_fprog program = {
	    .len = sizeof code / sizeof *code, .filter = code};

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
#else
	errno = ENOSYS;
	return false;
#endif
}

bool
sandbox_isolate(int one, int other, pid_t parent)
{
	int low = one < other ? one : other, high = one + other - low;

	if (low > 0)
		descriptors_close(0, (unsigned)low - 1);
	descriptors_close((unsigned)low + 1, (unsigned)high - 1);
	descriptors_close((unsigned)high + 1, UINT_MAX);
	/* After the parent's last change of user, which would undo it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)
		return false;
	return getppid() == parent;
}

bool
sandbox_enter(enum sandbox mode)
{
	const struct rlimit none = {0, 0};

	if (mode == SANDBOX_OFF)
		return true;
	if (setrlimit(RLIMIT_NOFILE, &none) == -1 ||
	    setrlimit(RLIMIT_NPROC, &none) == -1 ||
	    setrlimit(RLIMIT_FSIZE, &none) == -1)
		return false;
	if (mode == SANDBOX_STRICT)
		return prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0;
	return enter_filter();
}
