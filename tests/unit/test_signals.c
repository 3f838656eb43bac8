/* SPDX-License-Identifier: ISC */

#include <sys/time.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "../support/unit.h"
#include "common/signals.h"

static const int handled[] = {
    SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD, SIGALRM};

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

/* Waits as the main loop does, for ten seconds at most. */
static bool
wait_is_interrupted(void)
{
	const struct timespec deadline = {.tv_sec = 10};

	return ppoll(NULL, 0, &deadline, signals_wait_mask()) == -1 &&
	       errno == EINTR;
}

static bool
check_noting(void)
{
	signals_init();
	for (size_t i = 0; i < COUNT(handled); i++) {
		for (int twice = 0; twice < 2; twice++)
			if (raise(handled[i]) != 0)
				return false;
		if (signals_take(handled[i])) /* it is blocked until then */
			return false;
		if (!wait_is_interrupted() || !signals_take(handled[i]))
			return false;
		if (signals_take(handled[i]))
			return false;
	}
	return true;
}

static void
a_signal_is_noted_in_the_wait_and_taken_once(void **state)
{
	(void)state;
	in_a_child(check_noting);
}

/* Both may come in one wait, or in two. */
static bool
check_apart(void)
{
	bool hup = false, term = false;

	signals_init();
	(void)raise(SIGHUP);
	(void)raise(SIGTERM);
	while (!hup || !term) {
		if (!wait_is_interrupted())
			return false;
		hup |= signals_take(SIGHUP);
		term |= signals_take(SIGTERM);
	}
	return !signals_take(SIGUSR1) && !signals_take(SIGINT);
}

static void
signals_are_told_apart(void **state)
{
	(void)state;
	in_a_child(check_apart);
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
	signals_init();
	for (int signo = 1; signo <= SIGSYS; signo++) {
		struct sigaction action;
		bool ours = false;

		for (size_t i = 0; i < COUNT(handled); i++)
			ours |= signo == handled[i];
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

static bool
check_wait_mask(void)
{
	signals_init();
	for (int signo = 1; signo < NSIG; signo++)
		if (sigismember(signals_wait_mask(), signo) == 1)
			return false;
	return true;
}

static void
the_wait_lets_everything_in(void **state)
{
	(void)state;
	in_a_child(check_wait_mask);
}

static bool
check_session_mask(void)
{
	signals_init();
	(void)raise(SIGTERM);
	if (!wait_is_interrupted())
		return false;
	signals_session();
	return !signals_take(SIGTERM) && /* it was the parent's */
	       !is_blocked(SIGTERM) && !is_blocked(SIGALRM) &&
	       is_blocked(SIGHUP) && is_blocked(SIGINT) &&
	       is_blocked(SIGUSR1) && is_blocked(SIGCHLD);
}

static void
a_session_lets_in_its_own_and_forgets_the_parents(void **state)
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

	signals_init();
	signals_session();
	return pipe(fds) == 0 && setitimer(ITIMER_REAL, &often, NULL) == 0 &&
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

	signals_init();
	return pipe(fds) == 0 && close(fds[0]) == 0 &&
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
	    cmocka_unit_test(a_signal_is_noted_in_the_wait_and_taken_once),
	    cmocka_unit_test(signals_are_told_apart),
	    cmocka_unit_test(what_was_inherited_is_undone),
	    cmocka_unit_test(the_wait_lets_everything_in),
	    cmocka_unit_test(a_session_lets_in_its_own_and_forgets_the_parents),
	    cmocka_unit_test(a_waiting_read_of_a_session_is_interrupted),
	    cmocka_unit_test(a_broken_pipe_is_an_error_and_no_signal),
	};

	return cmocka_run_group_tests_name("signals", tests, NULL, NULL);
}
