/* SPDX-License-Identifier: ISC */

/* Reaping real processes: those that have ended, and those that have not. */

#include <sys/prctl.h>
#include <sys/wait.h>

#include <signal.h>
#include <stdlib.h>

#include "../support/unit_server.h"
#include "common/clock.h"
#include "parent/log/log.h"
#include "parent/server.h"

enum {
	MANY = 3 * CHILDREN_BATCH / 2, /* more than a batch */
	TURNS = 10                     /* more than a round of them takes */
};

static const struct addr peer = {.family = AF_INET, .port = 7};
static struct endpoint endpoint;

static int
setup(void **state)
{
	static struct server server;

	int result = unit_server_open(&server);
	*state = &server;
	log_configure(-1, 0);
	LIST_INIT(&server.timers);
	reaper_init(&server);
	return result;
}

static int
teardown(void **state)
{
	return unit_server_close(*state);
}

/* A session that has said that it ends, and stays until it is killed. */
static struct child *
session(struct server *server, int64_t started)
{
	struct child *child =
	    children_reserve(&server->children, &peer, started);
	pid_t pid = fork();

	assert_non_null(child);
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		/* A test that fails must not leave it behind. */
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			(void)pause();
	}
	child->endpoint = &endpoint;
	children_commit(&server->children, child, pid);
	children_move(&server->children, child, CHILD_EXITING);
	return child;
}

/* Ends it, and leaves it to the reaper. */
static void
end(const struct child *child)
{
	siginfo_t ended;

	(void)kill(child->pid, SIGKILL);
	assert_int_equal(
	    waitid(P_PID, (id_t)child->pid, &ended, WEXITED | WNOWAIT), 0);
}

static void
end_all(struct server *server)
{
	struct child *child = NULL;

	while ((child = children_next(&server->children, child)) != NULL)
		end(child);
	for (int i = 0; i < TURNS; i++)
		reap(server, clock_now());
	assert_int_equal(server->children.count, 0);
}

/* What the loop does next; how many turns it has something to do. */
static int
turns(struct server *server)
{
	int count = 0;

	while (count < TURNS && timer_is_set(&server->reaper.retry)) {
		timer_clear(&server->reaper.sweep);
		timers_run(&server->timers, server, INT64_MAX);
		count++;
	}
	return count;
}

static void
those_that_stay_are_looked_at_once(void **state)
{
	struct server *server = *state;

	for (int i = 0; i < MANY; i++)
		(void)session(server, clock_now());
	reap(server, clock_now());
	assert_int_equal(turns(server), 1);
	assert_int_equal(server->children.count, MANY);
	end_all(server);
}

static void
one_that_has_ended_is_found_behind_those_that_stay(void **state)
{
	struct server *server = *state;
	struct child *last = NULL;

	for (int i = 0; i < MANY; i++)
		last = session(server, clock_now());
	end(last);
	reap(server, clock_now());
	(void)turns(server);
	assert_int_equal(server->children.count, MANY - 1);
	last = session(server, clock_now());
	end(last);
	reap_soon(server, clock_now());
	(void)turns(server);
	assert_int_equal(server->children.count, MANY - 1);
	end_all(server);
}

static void
a_session_younger_than_the_turn_lasted_no_time(void **state)
{
	struct server *server = *state;
	int64_t turn = clock_now();
	struct child *child = session(server, turn + SEC);

	end(child);
	reap(server, turn);
	assert_int_equal(server->children.count, 0);
	assert_int_equal(server->metrics.duration.buckets[0], 1);
	assert_int_equal(server->metrics.duration.sum, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		those_that_stay_are_looked_at_once, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		one_that_has_ended_is_found_behind_those_that_stay, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(
		a_session_younger_than_the_turn_lasted_no_time, setup,
		teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
