/* SPDX-License-Identifier: ISC */

/* When sessions are killed, with real processes that only wait. */

#include <sys/prctl.h>
#include <sys/wait.h>

#include <signal.h>

#include "../support/unit.h"
#include "common/clock.h"
#include "parent/sessions/kills.h"
#include "parent/sessions/proxied.h"
#include "parent/settings/config.h"

#define NOW (1000 * SEC)

static const struct addr peer = {.family = AF_INET, .port = 7};

struct world {
	struct children children;
	struct kills kills;
	struct proxied proxied;
};

static int
setup(void **state)
{
	static struct world world;

	memset(&world, 0, sizeof world);
	*state = &world;
	kills_init(&world.kills, &world.children);
	proxied_init(&world.proxied, &world.kills);
	return children_init(&world.children) ? 0 : -1;
}

static int
teardown(void **state)
{
	struct world *world = *state;
	struct child *child = NULL;

	while ((child = children_next(&world->children, child)) != NULL) {
		(void)kill(child->pid, SIGKILL);
		(void)waitpid(child->pid, NULL, 0);
	}
	return munmap(world->children.slots,
	    CONFIG_MAX_CHILDREN * sizeof *world->children.slots);
}

static struct child *
session(struct world *world, int64_t started)
{
	struct child *child =
	    children_reserve(&world->children, &peer, started);
	sigset_t blocked;

	assert_non_null(child);
	assert_int_equal(sigemptyset(&blocked), 0);
	assert_int_equal(sigaddset(&blocked, SIGUSR1), 0);
	assert_int_equal(sigprocmask(SIG_BLOCK, &blocked, NULL), 0);
	pid_t pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			(void)pause();
	}
	children_commit(&world->children, child, pid);
	return child;
}

static void
it_has_a_second_to_report_its_count(void **state)
{
	struct world *world = *state;
	struct child *child = session(world, NOW);

	child->counted = true; /* asked before, it has reported an older one */
	kills_session(&world->kills, child, REASON_LIFETIME, NOW);
	assert_int_equal(child->phase, CHILD_DYING);
	assert_false(child->counted);
	assert_int_equal(world->kills.grace.due, NOW + SEC);
	kills_go_on(&world->kills, NOW + SEC - 1);
	assert_int_equal(child->phase, CHILD_DYING);
	kills_go_on(&world->kills, NOW + SEC);
	assert_int_equal(child->phase, CHILD_EXITING);
	assert_int_equal(child->kill_reason, REASON_LIFETIME);
}

static void
a_second_decision_does_not_prolong_it(void **state)
{
	struct world *world = *state;
	struct child *child = session(world, NOW);

	kills_session(&world->kills, child, REASON_LIFETIME, NOW);
	kills_session(&world->kills, child, REASON_KILLED, NOW + SEC / 2);
	kills_go_on(&world->kills, NOW + SEC);
	assert_int_equal(child->phase, CHILD_EXITING);
	assert_int_equal(child->kill_reason, REASON_LIFETIME);
}

static void
one_that_has_said_it_ends_is_left_to_it(void **state)
{
	struct world *world = *state;
	struct child *child = session(world, NOW);

	children_move(&world->children, child, CHILD_EXITING);
	kills_session(&world->kills, child, REASON_KILLED, NOW);
	assert_int_equal(child->phase, CHILD_EXITING);
	assert_int_equal(child->kill_reason, REASON_NONE);
	assert_int_equal(kill(child->pid, 0), 0);
}

static void
each_header_has_a_deadline_of_its_own(void **state)
{
	struct world *world = *state;
	struct child *first = session(world, NOW);
	struct child *second = session(world, NOW + 2 * SEC);

	proxied_expect(&world->proxied, first);
	proxied_expect(&world->proxied, second);
	assert_int_equal(world->proxied.deadline.due, NOW + 5 * SEC);
	proxied_go_on(&world->proxied, NOW + 5 * SEC);
	assert_int_equal(first->phase, CHILD_EXITING);
	assert_int_equal(first->kill_reason, REASON_PROXY);
	assert_true(first->counted);
	assert_int_equal(second->phase, CHILD_SERVING);
	assert_int_equal(world->proxied.deadline.due, NOW + 7 * SEC);
	proxied_go_on(&world->proxied, NOW + 7 * SEC);
	assert_int_equal(second->phase, CHILD_EXITING);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(it_has_a_second_to_report_its_count),
	    TEST(a_second_decision_does_not_prolong_it),
	    TEST(one_that_has_said_it_ends_is_left_to_it),
	    TEST(each_header_has_a_deadline_of_its_own),
	};

	return cmocka_run_group_tests_name("kills", tests, NULL, NULL);
}
