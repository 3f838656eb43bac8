/* SPDX-License-Identifier: ISC */

#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <netinet/in.h>

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/unit.h"
#include "parent/process/syscall_filter.h"

enum {
	NOT_CONFINED = 255 /* no error number */
};

/* What is answered by the kernel behind the filter, or by the filter. */
struct call {
	const char *what;
	long number;
	long arguments[6];
	int answer; /* 0: whatever a call that is let through returns */
};

#define MAY(name, ...)                                                         \
	{                                                                      \
#name, __NR_##name, {__VA_ARGS__ }, 0                          \
	}
#define MAY_NOT(name, ...)                                                     \
	{                                                                      \
#name, __NR_##name, {__VA_ARGS__ }, EPERM                      \
	}

/* clang-format off */
static const struct call calls[] = {
	MAY(getpid, 0),
	MAY(socket, AF_UNIX, SOCK_DGRAM),
	MAY(socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC),
	MAY(socket, AF_INET6, SOCK_STREAM),
	MAY_NOT(socket, AF_INET, SOCK_DGRAM),
	MAY_NOT(socket, AF_INET, SOCK_RAW, IPPROTO_TCP),
	MAY_NOT(socket, AF_INET, SOCK_STREAM, 262 /* IPPROTO_MPTCP */),
	MAY_NOT(socket, AF_INET6, SOCK_STREAM, 132 /* IPPROTO_SCTP */),
	MAY_NOT(socket, AF_NETLINK, SOCK_RAW),
	MAY_NOT(socket, AF_PACKET, SOCK_RAW),
	MAY_NOT(socket, AF_VSOCK, SOCK_STREAM),
	MAY(sendto, -1, 0, 0, MSG_NOSIGNAL),
	MAY_NOT(sendto, -1, 0, 0, MSG_FASTOPEN | MSG_NOSIGNAL),
	MAY(sendmsg, -1, 0, 0),
	MAY_NOT(sendmsg, -1, 0, MSG_FASTOPEN),
	MAY_NOT(sendmmsg, -1, 0, 0, 0),
	MAY(ioctl, -1, TCGETS),
	MAY(ioctl, -1, SIOCGIFNAME),
	MAY(ioctl, -1, SIOCGIFINDEX),
	MAY_NOT(ioctl, -1, TIOCSTI),
	MAY_NOT(ioctl, -1, TIOCLINUX),
	MAY_NOT(ioctl, -1, FIONREAD),
	MAY(kill, 0x7fffffff, 0),
	MAY_NOT(kill, 0, 0),
	MAY_NOT(kill, -1, 0),
	MAY_NOT(kill, -4711, 0),
	MAY_NOT(tgkill, 1, 1, SIGKILL),
	MAY_NOT(clone, CLONE_NEWUSER | SIGCHLD),
	MAY_NOT(clone, CLONE_VM | CLONE_THREAD | CLONE_SIGHAND),
	MAY_NOT(clone, CLONE_PARENT | SIGCHLD),
	{"clone3", __NR_clone3, {0}, ENOSYS},
	MAY(prctl, PR_SET_NO_NEW_PRIVS, 1),
	MAY(prctl, PR_SET_DUMPABLE, 0),
	MAY_NOT(prctl, PR_SET_DUMPABLE, 1),
	MAY_NOT(prctl, PR_SET_MM, 0),
	MAY_NOT(prctl, PR_SET_PTRACER, -1),
	MAY_NOT(prctl, PR_SET_CHILD_SUBREAPER, 1),
	MAY(prlimit64, 0, RLIMIT_NPROC),
	MAY_NOT(prlimit64, 1, RLIMIT_NOFILE),
	MAY(seccomp, 1 /* SET_MODE_FILTER */, 0, 0),
	MAY_NOT(seccomp, 1, 8 /* FLAG_NEW_LISTENER */, 0),
	MAY_NOT(seccomp, 0 /* SET_MODE_STRICT */, 1, 0),
	MAY(mprotect, 0, 0, 1 /* PROT_READ */),
	MAY_NOT(mprotect, 0, 0, PROT_READ | PROT_EXEC),
	MAY_NOT(pidfd_open, 1),
	MAY_NOT(pidfd_send_signal, -1, 0),
	MAY_NOT(setuid, 65534),
	{"a call of the future", 1000, {0}, ENOSYS},
	{"execve", __NR_execve, {0}, EFAULT},
};

static const struct call deadly[] = {
	MAY(ptrace, 0),
	MAY(process_vm_readv, 0),
	MAY(process_vm_writev, 0),
	MAY(mount, 0),
	MAY(bpf, 0),
	MAY(unshare, 0),
	MAY(setns, 0),
	MAY(io_uring_setup, 0),
	MAY(keyctl, 0),
	MAY(perf_event_open, 0),
	MAY(userfaultfd, 0),
	MAY(execveat, 0),
};
/* clang-format on */

/* What a confined child's call fails with, 0 if it does not; or -signal. */
static int
answer_to(const struct call *call)
{
	const long *a = call->arguments;
	int status;

	skip_if_filters_hang();
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
		    !syscall_filter_enter())
			_exit(NOT_CONFINED);
		long result =
		    syscall(call->number, a[0], a[1], a[2], a[3], a[4], a[5]);
		_exit(result == -1 ? errno : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return -WTERMSIG(status);
	assert_int_not_equal(WEXITSTATUS(status), NOT_CONFINED);
	return WEXITSTATUS(status);
}

static void
each_call_is_answered_as_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(calls); i++) {
		int answer = answer_to(&calls[i]);
		if (answer != calls[i].answer &&
		    (calls[i].answer != 0 || answer == EPERM || answer < 0))
			fail_msg("call %zu, %s: %d, not %d", i, calls[i].what,
			    answer, calls[i].answer);
	}
}

static void
what_only_an_attacker_calls_kills(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(deadly); i++)
		if (answer_to(&deadly[i]) != -SIGSYS)
			fail_msg("%s does not kill", deadly[i].what);
}

static bool
runs_in_a_child(bool (*promise)(void))
{
	int status;

	skip_if_filters_hang();
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0)
		_exit(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
			      syscall_filter_enter() && promise()
			  ? EXIT_SUCCESS
			  : EXIT_FAILURE);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

static bool
maps(int protection)
{
	return mmap(NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		   0) != MAP_FAILED;
}

static bool
no_page_is_written_and_executed(void)
{
	return maps(PROT_READ | PROT_WRITE) && maps(PROT_READ | PROT_EXEC) &&
	       !maps(PROT_WRITE | PROT_EXEC) &&
	       !maps(PROT_READ | PROT_WRITE | PROT_EXEC);
}

static void
pages_are_written_or_executed(void **state)
{
	(void)state;
	assert_true(runs_in_a_child(no_page_is_written_and_executed));
}

static bool
forks(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(7);
	return pid != -1 && waitpid(pid, &status, 0) == pid &&
	       WIFEXITED(status) && WEXITSTATUS(status) == 7;
}

static void
a_session_can_be_forked(void **state)
{
	(void)state;
	assert_true(runs_in_a_child(forks));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_call_is_answered_as_the_table_says),
	    cmocka_unit_test(what_only_an_attacker_calls_kills),
	    cmocka_unit_test(pages_are_written_or_executed),
	    cmocka_unit_test(a_session_can_be_forked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
