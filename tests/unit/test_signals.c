/* SPDX-License-Identifier: ISC */

#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "../support/unit.h"
#include "common/signals.h"

static const int parents[] = {
    SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD};

/* Dispositions and masks are changed in a child only. */
static void
in_a_child(bool (*promise)(void))
{
	int status;
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0)
		_exit(promise() ? EXIT_SUCCESS : EXIT_FAILURE);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EXIT_SUCCESS);
}

static bool
is_blocked(int signo)
{
	sigset_t mask;

	return sigprocmask(SIG_SETMASK, NULL, &mask) == 0 &&
	       sigismember(&mask, signo);
}

/* Waits as the main loop does; 0 is now. */
static bool
there_is_something(int milliseconds)
{
	struct pollfd polled = {.fd = signals_fd(), .events = POLLIN};

	return poll(&polled, 1, milliseconds) == 1;
}

/* Receives, and returns whether that one came and no other. */
static bool
only_came(int signo)
{
	sigset_t came, expected;

	(void)sigemptyset(&expected);
	if (signo != 0)
		(void)sigaddset(&expected, signo);
	signals_receive(&came);
	for (int each = 1; each < NSIG; each++)
		if (sigismember(&came, each) != sigismember(&expected, each))
			return false;
	return true;
}

static bool
check_receiving(void)
{
	if (!signals_init() || there_is_something(0))
		return false;
	for (size_t i = 0; i < COUNT(parents); i++) {
		for (int twice = 0; twice < 2; twice++)
			if (raise(parents[i]) != 0)
				return false;
		if (!there_is_something(10000) || !only_came(parents[i]))
			return false;
		if (there_is_something(0) || !only_came(0))
			return false;
	}
	return true;
}

static void
a_signal_ends_the_wait_and_is_received_once(void **state)
{
	(void)state;
	in_a_child(check_receiving);
}

static bool
check_together(void)
{
	sigset_t came;

	if (!signals_init())
		return false;
	for (size_t i = 0; i < COUNT(parents); i++)
		(void)raise(parents[i]);
	signals_receive(&came);
	for (size_t i = 0; i < COUNT(parents); i++)
		if (sigismember(&came, parents[i]) != 1)
			return false;
	return only_came(0);
}

static void
all_are_received_together(void **state)
{
	(void)state;
	in_a_child(check_together);
}

static bool
check_no_descriptor(void)
{
	const struct rlimit none = {0, 0};

	return setrlimit(RLIMIT_NOFILE, &none) == 0 && !signals_init() &&
	       errno == EMFILE;
}

static void
no_descriptor_is_an_error(void **state)
{
	(void)state;
	in_a_child(check_no_descriptor);
}

static bool
check_inherited(void)
{
	sigset_t all;

	(void)sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, NULL) == -1)
		return false;
	for (int signo = 1; signo < NSIG; signo++)
		(void)signal(signo, SIG_IGN);
	if (!signals_init())
		return false;
	for (int signo = 1; signo <= SIGSYS; signo++) {
		struct sigaction action;
		bool ours = signo == SIGALRM; /* the sessions' */

		for (size_t i = 0; i < COUNT(parents); i++)
			ours |= signo == parents[i];
		if (is_blocked(signo) != ours ||
		    sigaction(signo, NULL, &action) == -1 ||
		    (action.sa_handler == SIG_IGN) !=
			(signo == SIGPIPE || signo == SIGXFSZ))
			return false;
	}
	return true;
}

static void
what_was_inherited_is_undone(void **state)
{
	(void)state;
	in_a_child(check_inherited);
}

/* What waits for the parent is nothing to a session that it forks. */
static bool
session_is_right(void)
{
	return signals_session() && !signals_take(SIGTERM) &&
	       !is_blocked(SIGTERM) && !is_blocked(SIGALRM) &&
	       is_blocked(SIGHUP) && is_blocked(SIGINT) &&
	       !is_blocked(SIGUSR1) && is_blocked(SIGCHLD) &&
	       raise(SIGTERM) == 0 && signals_take(SIGTERM) &&
	       !signals_take(SIGTERM);
}

static bool
check_session_mask(void)
{
	if (!signals_init() || raise(SIGTERM) != 0)
		return false;
	in_a_child(session_is_right);
	return true;
}

static void
a_session_lets_in_its_own_and_not_the_parents(void **state)
{
	(void)state;
	in_a_child(check_session_mask);
}

/* The timer repeats: it does not matter when the read begins to wait. */
static bool
check_read(void)
{
	const struct itimerval often = {{0, 10000}, {0, 10000}};
	int fds[2];
	char byte;

	return signals_init() && signals_session() && pipe(fds) == 0 &&
	       setitimer(ITIMER_REAL, &often, NULL) == 0 &&
	       read(fds[0], &byte, 1) == -1 && errno == EINTR &&
	       signals_take(SIGALRM);
}

static void
a_waiting_read_of_a_session_is_interrupted(void **state)
{
	(void)state;
	in_a_child(check_read);
}

static bool
check_pipe(void)
{
	int fds[2];

	return signals_init() && pipe(fds) == 0 && close(fds[0]) == 0 &&
	       write(fds[1], "", 1) == -1 && errno == EPIPE;
}

static void
a_broken_pipe_is_an_error_and_no_signal(void **state)
{
	(void)state;
	in_a_child(check_pipe);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_signal_ends_the_wait_and_is_received_once),
	    cmocka_unit_test(all_are_received_together),
	    cmocka_unit_test(no_descriptor_is_an_error),
	    cmocka_unit_test(what_was_inherited_is_undone),
	    cmocka_unit_test(a_session_lets_in_its_own_and_not_the_parents),
	    cmocka_unit_test(a_waiting_read_of_a_session_is_interrupted),
	    cmocka_unit_test(a_broken_pipe_is_an_error_and_no_signal),
	};

	return cmocka_run_group_tests_name("signals", tests, NULL, NULL);
}
