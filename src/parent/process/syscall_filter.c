/* SPDX-License-Identifier: ISC */

/*
 * Runs in the parent.  The table has the allowed calls, each with its reason.
 * systemd/units.mk makes SystemCallFilter= of the unit from it, so it has one
 * row a line.
 */

#include "parent/process/syscall_filter.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <netinet/in.h>

#include <asm/termbits.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "common/filter.h"

#ifdef FILTER_ARCH

#define ALLOW  0
#define DENY   (SECCOMP_RET_ERRNO | EPERM)
#define KILL   SECCOMP_RET_KILL_PROCESS
#define ABSENT (SECCOMP_RET_ERRNO | ENOSYS)

enum {
	CONDITIONS_MAX = 3,

	/* cachestat(2) of Linux 6.5; newer calls get ENOSYS. */
	NEWEST_CALL = 451,

	/* Positions of arguments. */
#ifdef __s390x__
	CLONE_FLAGS = 1,
#else
	CLONE_FLAGS = 0,
#endif
	ANY_BIT = -1
};

/* Holds if the masked argument is the value; always, if the mask is 0. */
struct condition {
	unsigned argument;
	uint32_t mask;
	uint32_t value;
};

/* The first rule of a call whose conditions all hold decides. */
struct rule {
	uint32_t number;
	uint32_t action;
	struct condition conditions[CONDITIONS_MAX];
};

#define CALL(name) .number = __NR_##name
#define IF(argument, mask, ...)                                                \
	{                                                                      \
		(argument), (uint32_t)(mask), (__VA_ARGS__)                    \
	}
#define IS(argument, value) IF(argument, ANY_BIT, (uint32_t)(value))
#define WHEN(...)           .conditions = {__VA_ARGS__}

/* clang-format off */
static const struct rule rules[] = {
	/* ---- each session, its set-up included ---- */

	/* log and service manager; no connection by TCP fast open */
	{CALL(sendto), WHEN(IF(3, MSG_FASTOPEN, 0))},
	{CALL(sendmsg), WHEN(IF(2, MSG_FASTOPEN, 0))},
	/* fork: a process, no thread and no name space */
	{CALL(clone), WHEN(IF(CLONE_FLAGS,
	    ~(CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID), SIGCHLD))},
	{CALL(clone3), .action = ABSENT}, /* a filter cannot see its arguments */
	/* a session's end with its parent's; what a start gives up */
	{CALL(prctl), WHEN(IS(0, PR_SET_PDEATHSIG))},
	{CALL(prctl), WHEN(IS(0, PR_SET_NO_NEW_PRIVS))},
	{CALL(prctl), WHEN(IS(0, PR_SET_DUMPABLE), IS(1, 0))},
	{CALL(prctl), WHEN(IS(0, PR_CAPBSET_DROP))},
	{CALL(prctl), WHEN(IS(0, PR_CAP_AMBIENT), IS(1, PR_CAP_AMBIENT_CLEAR_ALL))},
	{CALL(read)},         /* signals, settings; a session's input */
	{CALL(write)},        /* log on standard error; a session's output */
	{CALL(close)},        /* the client's socket, once it has a session */
	{CALL(accept4)},      /* clients */
	{CALL(ppoll)},        /* the loop */
	{CALL(recvmmsg)},     /* reports of sessions */
	{CALL(wait4)},        /* exit statuses */
	{CALL(waitid)},       /* which child has ended */
	{CALL(getpid)},       /* in each line to syslog */
	{CALL(close_range)},  /* a session keeps its socket only */
	{CALL(rt_sigprocmask)}, /* a session accepts other signals */
	{CALL(rt_sigreturn)}, /* from a session's handlers */
	{CALL(getppid)},      /* whether the parent is still there */
	{CALL(setitimer)},    /* a session's lifetime */
	{CALL(prlimit64), WHEN(IS(0, 0))}, /* a session's limits, not others' */
	{CALL(seccomp), WHEN(IS(0, SECCOMP_SET_MODE_FILTER), IS(1, 0))},
	{CALL(exit)},         /* of a session */
	{CALL(setsockopt)},   /* options of clients that were queued at a reload */
	{CALL(getsockopt)},   /* kinds of passed sockets, a peer's state */
	{CALL(getsockname)},  /* of a listening socket */
	{CALL(dup3)},         /* moves descriptors of a session */

	/* ---- the log, the service manager, the end ---- */

	{CALL(socket), WHEN(IS(0, AF_UNIX))},
	{CALL(connect)},      /* to the log; by TCP Landlock forbids it */
	{CALL(socketpair), WHEN(IS(0, AF_UNIX))}, /* sandbox probe, reports */
	{CALL(recvfrom)},     /* answers of the pidfile's keeper */
	{CALL(recvmsg)},      /* reports, where they come one by one */
	{CALL(shutdown)},     /* of the probe's input */
	{CALL(kill), .action = DENY, WHEN(IS(0, 0))},          /* no process groups */
	{CALL(kill), WHEN(IF(0, INT32_MIN, 0))}, /* sessions */
	{CALL(tgkill), WHEN(IS(2, SIGABRT))},    /* abort(3) */
	{CALL(gettid)},                          /* the same */
	{CALL(ioctl), WHEN(IS(1, SIOCGIFNAME))},  /* of a link-local client */
	{CALL(ioctl), WHEN(IS(1, SIOCGIFINDEX))}, /* of a link-local setting */
	{CALL(exit_group)},   /* the end */
	{CALL(restart_syscall)}, /* after a stop and a continuation */
	{CALL(clock_gettime)},   /* where the vDSO cannot tell the time */
	{CALL(gettimeofday)},    /* the same */
	{CALL(sched_yield)},

	/* ---- files: a reload, the metrics, time zones ---- */

	{CALL(openat)},       /* Landlock limits what is written */
	{CALL(lseek)},
	{CALL(fcntl)},
	{CALL(statx)},
	{CALL(readlinkat)},
	{CALL(faccessat)},
	{CALL(pread64)},
	{CALL(pwrite64)},
	{CALL(writev)},       /* stdio of musl */
	{CALL(readv)},        /* the same */
	{CALL(ftruncate)},    /* state, metrics */
	{CALL(fchmod)},       /* metrics, for all to read */
	{CALL(unlinkat)},     /* metrics that a crash has left */
	{CALL(renameat2)},    /* metrics, whole or not at all */
	{CALL(umask)},
	{CALL(chdir)},
	{CALL(getcwd)},       /* of a settings file that is named relatively */
	{CALL(sysinfo)},      /* how much memory qsort(3) may use */

	/* ---- memory: no page is both written and executed ---- */

	{CALL(brk)},
	{CALL(munmap)},
	{CALL(mremap)},
	{CALL(madvise)},      /* what sessions do not inherit */
	{CALL(mprotect), .action = DENY, WHEN(IF(2, PROT_EXEC, PROT_EXEC))},
	{CALL(mprotect)},     /* read-only relocations */
	{CALL(getrandom)},    /* malloc(3), hash keys */
	{CALL(futex), WHEN(IS(1, 1 | 128))}, /* FUTEX_WAKE_PRIVATE, of libc's locks */

	/* ---- an upgrade: the probe, the state, and a whole new start ---- */

	{CALL(clone), WHEN(IS(CLONE_FLAGS, CLONE_VM | CLONE_VFORK | SIGCHLD))}, /* posix_spawn(3) */
	{CALL(execve)},       /* Landlock limits which program */
	{CALL(memfd_create)}, /* state */
	{CALL(pipe2)},
	{CALL(signalfd4)},
	{CALL(rt_sigaction)},
	{CALL(rt_sigpending)},
	{CALL(rt_sigtimedwait)},
	{CALL(sigaltstack)},
	{CALL(socket), WHEN(IS(0, AF_INET), IF(1, 0xf, SOCK_STREAM), IS(2, 0))},
	{CALL(socket), WHEN(IS(0, AF_INET6), IF(1, 0xf, SOCK_STREAM), IS(2, 0))},
	{CALL(bind)},         /* addresses that are new in the settings */
	{CALL(listen)},       /* and at each reload, the backlog */
	{CALL(ioctl), WHEN(IS(1, TCGETS))}, /* isatty(3) of standard error */
	{CALL(capset)},
	{CALL(getuid)},
	{CALL(geteuid)},
	{CALL(getgid)},
	{CALL(getegid)},
	{CALL(set_tid_address)},
	{CALL(set_robust_list)},
	{CALL(rseq)},
	{CALL(uname)},

#ifdef __s390x__
	{CALL(mmap)},         /* its arguments are in memory */
#elif defined(__NR_mmap2)
	{CALL(mmap2), .action = DENY, WHEN(IF(2, PROT_WRITE | PROT_EXEC, PROT_WRITE | PROT_EXEC))},
	{CALL(mmap2)},
#else
	{CALL(mmap), .action = DENY, WHEN(IF(2, PROT_WRITE | PROT_EXEC, PROT_WRITE | PROT_EXEC))},
	{CALL(mmap)},
#endif

	/* ---- other variants of the above, for some libc or processor ---- */

#ifdef __NR_fork
	{CALL(fork)},
#endif
#ifdef __NR_poll
	{CALL(poll)},
#endif
#ifdef __NR_dup2
	{CALL(dup2)},
#endif
#ifdef __NR_open
	{CALL(open)},
#endif
#ifdef __NR_access
	{CALL(access)},
#endif
#ifdef __NR_readlink
	{CALL(readlink)},
#endif
#ifdef __NR_unlink
	{CALL(unlink)},
#endif
#ifdef __NR_rename
	{CALL(rename)},
#endif
#ifdef __NR_renameat
	{CALL(renameat)},
#endif
#ifdef __NR_stat
	{CALL(stat)},
#endif
#ifdef __NR_lstat
	{CALL(lstat)},
#endif
#ifdef __NR_fstat
	{CALL(fstat)},
#endif
#ifdef __NR_newfstatat
	{CALL(newfstatat)},
#endif
#ifdef __NR_getrlimit
	{CALL(getrlimit)},
#endif
#ifdef __NR_time
	{CALL(time)},
#endif
#ifdef __NR_arch_prctl
	{CALL(arch_prctl)},   /* thread block, on x86 */
#endif
#ifdef __NR_set_thread_area
	{CALL(set_thread_area)},
#endif
#ifdef __ARM_NR_set_tls
	{.number = __ARM_NR_set_tls},
#endif
#ifdef __NR_sigreturn
	{CALL(sigreturn)},
#endif
#if defined(__i386__) || defined(__s390x__)
	{CALL(socketcall)},   /* all socket calls, whose arguments are in memory */
#endif
#if UINTPTR_MAX == UINT32_MAX
#ifdef __NR_send
	{CALL(send), WHEN(IF(3, MSG_FASTOPEN, 0))},
	{CALL(recv)},
#endif
	{CALL(_llseek)},
	{CALL(fcntl64)},
	{CALL(fstat64)},
	{CALL(fstatat64)},
	{CALL(stat64)},
	{CALL(lstat64)},
	{CALL(ftruncate64)},
	{CALL(ugetrlimit)},
	{CALL(getuid32)},
	{CALL(geteuid32)},
	{CALL(getgid32)},
	{CALL(getegid32)},
	{CALL(ppoll_time64)},
	{CALL(recvmmsg_time64)},
	{CALL(clock_gettime64)},
	{CALL(rt_sigtimedwait_time64)},
#endif

	/* ---- what only an attacker calls ---- */

	{CALL(ptrace), .action = KILL},
	{CALL(process_vm_readv), .action = KILL},
	{CALL(process_vm_writev), .action = KILL},
	{CALL(kcmp), .action = KILL},
	{CALL(pidfd_getfd), .action = KILL},
	{CALL(mount), .action = KILL},
	{CALL(umount2), .action = KILL},
	{CALL(move_mount), .action = KILL},
	{CALL(open_tree), .action = KILL},
	{CALL(fsopen), .action = KILL},
	{CALL(pivot_root), .action = KILL},
	{CALL(chroot), .action = KILL},
	{CALL(open_by_handle_at), .action = KILL},
	{CALL(unshare), .action = KILL},
	{CALL(setns), .action = KILL},
	{CALL(bpf), .action = KILL},
	{CALL(perf_event_open), .action = KILL},
	{CALL(userfaultfd), .action = KILL},
	{CALL(io_uring_setup), .action = KILL},
	{CALL(io_uring_enter), .action = KILL},
	{CALL(io_uring_register), .action = KILL},
	{CALL(add_key), .action = KILL},
	{CALL(request_key), .action = KILL},
	{CALL(keyctl), .action = KILL},
	{CALL(init_module), .action = KILL},
	{CALL(finit_module), .action = KILL},
	{CALL(delete_module), .action = KILL},
	{CALL(reboot), .action = KILL},
	{CALL(execveat), .action = KILL},
};
/* clang-format on */

enum {
	NRULES = sizeof rules / sizeof *rules,
	RULE_LENGTH = 3 + 3 * CONDITIONS_MAX,
	PROGRAM_MAX = 8 + NRULES * RULE_LENGTH
};

static size_t
count_conditions(const struct rule *rule)
{
	size_t count = 0;

	while (count < CONDITIONS_MAX && rule->conditions[count].mask != 0)
		count++;
	return count;
}

/* Appends a rule; a condition that does not hold skips to the next rule. */
static struct sock_filter *
append(struct sock_filter *end, const struct rule *rule)
{
	size_t conditions = count_conditions(rule);
	uint8_t left = (uint8_t)(3 * conditions + 1);

	if (rule == rules || count_conditions(rule - 1) > 0)
		*end++ = (struct sock_filter)FILTER_LOAD(nr);
	*end++ = (struct sock_filter)FILTER_SKIP_UNLESS(rule->number, left);
	for (size_t i = 0; i < conditions; i++) {
		const struct condition *c = &rule->conditions[i];
		left = (uint8_t)(left - 3);
		*end++ = (struct sock_filter)FILTER_LOAD_LOW(args[c->argument]);
		*end++ = (struct sock_filter)FILTER_AND(c->mask);
		*end++ = (struct sock_filter)FILTER_SKIP_UNLESS(c->value, left);
	}
	*end++ = (struct sock_filter)FILTER_RETURN(
	    rule->action == ALLOW ? SECCOMP_RET_ALLOW : rule->action);
	return end;
}

static unsigned short
compose(struct sock_filter *program)
{
	struct sock_filter *end = program;

	*end++ = (struct sock_filter)FILTER_LOAD(arch);
	*end++ = (struct sock_filter)FILTER_SKIP_IF(FILTER_ARCH, 1);
	*end++ = (struct sock_filter)FILTER_RETURN(KILL);
	for (size_t i = 0; i < NRULES; i++)
		end = append(end, &rules[i]);
	*end++ = (struct sock_filter)FILTER_LOAD(nr);
	*end++ = (struct sock_filter)FILTER_SKIP_UNLESS_ABOVE(NEWEST_CALL, 1);
	*end++ = (struct sock_filter)FILTER_RETURN(ABSENT);
	*end++ = (struct sock_filter)FILTER_RETURN(DENY);
	return (unsigned short)(end - program);
}

bool
syscall_filter_enter(void)
{
	struct sock_filter code[PROGRAM_MAX];
	struct sock_fprog program = {.len = compose(code), .filter = code};

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		   SECCOMP_FILTER_FLAG_LOG, &program) == 0;
}

#else

bool
syscall_filter_enter(void)
{
	errno = ENOSYS;
	return false;
}

#endif
