/* SPDX-License-Identifier: ISC */

#include <sys/wait.h>

#include <signal.h>
#include <stdlib.h>

#include "../support/unit.h"
#include "parent/sessions/children.h"
#include "parent/settings/config.h"

static const struct addr peer = {.family = AF_INET, .port = 7};

static int
setup(void **state)
{
	static struct children children;

	*state = &children;
	return children_init(&children) ? 0 : -1;
}

static int
teardown(void **state)
{
	struct children *children = *state;

	(void)munmap(
	    children->slots, CONFIG_MAX_CHILDREN * sizeof *children->slots);
	return 0;
}

static void
a_reserved_slot_has_the_peer_and_no_pid(void **state)
{
	struct children *children = *state;
	struct child *child = children_reserve(children, &peer, 4711);

	assert_non_null(child);
	assert_memory_equal(&child->peer, &peer, sizeof peer);
	assert_int_equal(child->started, 4711);
	assert_int_equal(child->pid, 0);
	assert_null(child->source);
	assert_int_equal(child->kill_reason, REASON_NONE);
	assert_int_equal(children->count, 1);
}

static void
a_child_is_found_from_commit_to_release(void **state)
{
	struct children *children = *state;
	struct child *child = children_reserve(children, &peer, 0);

	assert_null(children_find(children, 42));
	assert_null(children_next(children, NULL));
	children_commit(children, child, 42);
	assert_ptr_equal(children_find(children, 42), child);
	assert_null(children_find(children, 41));
	assert_null(children_find(children, 0));
	assert_null(children_find(children, -1));
	children_release(children, child);
	assert_null(children_find(children, 42));
	assert_int_equal(children->count, 0);
}

static void
a_reservation_can_be_given_back_uncommitted(void **state)
{
	struct children *children = *state;
	struct child *kept = children_reserve(children, &peer, 0);
	struct child *child = children_reserve(children, &peer, 0);

	children_commit(children, kept, 42);
	children_release(children, child);
	assert_int_equal(children->count, 1);
	assert_ptr_equal(children_next(children, NULL), kept);
	assert_null(children_next(children, kept));
}

static void
a_slot_that_is_taken_again_is_clean(void **state)
{
	struct children *children = *state;
	struct child *child = children_reserve(children, &peer, 0);

	child->kill_reason = REASON_KILLED;
	child->bytes = 4711;
	child->counted = child->named = true;
	child->allowance = 0;
	children_commit(children, child, 42);
	children_move(children, child, CHILD_EXITING);
	children_release(children, child);
	assert_true(TAILQ_EMPTY(&children->exiting));
	assert_ptr_equal(children_reserve(children, &peer, 0), child);
	assert_int_equal(child->kill_reason, REASON_NONE);
	assert_int_equal(child->pid, 0);
	assert_int_equal(child->bytes, 0);
	assert_false(child->counted || child->named);
	assert_int_equal(child->phase, CHILD_SERVING);
	assert_int_equal(child->allowance, CHILD_REPORTS);
}

static void
slots_are_used_again_before_new_ones(void **state)
{
	struct children *children = *state;

	for (int i = 0; i < 1000; i++) {
		struct child *a = children_reserve(children, &peer, 0);
		struct child *b = children_reserve(children, &peer, 0);

		assert_ptr_not_equal(a, b);
		children_commit(children, a, 2 * i + 1);
		children_commit(children, b, 2 * i + 2);
		children_release(children, a);
		children_release(children, b);
	}
	assert_int_equal(children->used, 2);
	assert_int_equal(children->count, 0);
}

static void
the_table_holds_max_children_and_no_more(void **state)
{
	struct children *children = *state;
	struct child *child = NULL;

	for (pid_t pid = 1; pid <= CONFIG_MAX_CHILDREN; pid++) {
		child = children_reserve(children, &peer, 0);
		assert_non_null(child);
		children_commit(children, child, pid);
	}
	assert_int_equal(children->count, CONFIG_MAX_CHILDREN);
	assert_null(children_reserve(children, &peer, 0));
	assert_int_equal(children->count, CONFIG_MAX_CHILDREN);
	children_release(children, child);
	assert_ptr_equal(children_reserve(children, &peer, 0), child);
	assert_null(children_reserve(children, &peer, 0));
}

static void
children_are_visited_in_the_order_of_their_pids(void **state)
{
	static const pid_t pids[] = {30, 10, 32768, 50, 1, 40, 20};
	static const pid_t ordered[] = {1, 10, 20, 30, 40, 50, 32768};
	struct children *children = *state;
	struct child *child = NULL;

	assert_null(children_next(children, NULL));
	for (size_t i = 0; i < COUNT(pids); i++)
		children_commit(
		    children, children_reserve(children, &peer, 0), pids[i]);
	for (size_t i = 0; i < COUNT(ordered); i++) {
		child = children_next(children, child);
		assert_non_null(child);
		assert_int_equal(child->pid, ordered[i]);
	}
	assert_null(children_next(children, child));
}

static void
the_table_is_not_shared_with_a_child(void **state)
{
	struct children *children = *state;
	struct child *child = children_reserve(children, &peer, 0);
	int status;
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		(void)signal(SIGSEGV, SIG_DFL);
		_exit(child->pid); /* its page is not there: SIGSEGV */
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void
count_visit(struct child *child, void *context)
{
	size_t *visits = context;

	visits[child->pid]++;
}

static void
a_walk_meets_each_session_once_in_batches(void **state)
{
	enum {
		MANY = 3 * CHILDREN_BATCH + 1
	};
	struct children *children = *state;
	size_t visits[MANY + 1] = {0};
	struct walk walk = {0};

	assert_true(walk_is_over(&walk));
	(void)children_reserve(children, &peer, 0); /* never committed */
	for (pid_t pid = 1; pid <= MANY; pid++)
		children_commit(
		    children, children_reserve(children, &peer, 0), pid);
	walk_start(&walk);
	for (size_t turn = 1; turn <= 4; turn++) {
		size_t sum = 0;
		assert_false(walk_is_over(&walk));
		children_walk(children, &walk, count_visit, visits);
		for (size_t pid = 1; pid <= MANY; pid++)
			sum += visits[pid];
		assert_int_equal(sum, turn < 4 ? turn * CHILDREN_BATCH : MANY);
	}
	assert_true(walk_is_over(&walk));
	for (size_t pid = 1; pid <= MANY; pid++)
		assert_int_equal(visits[pid], 1);
}

static void
a_walk_goes_on_where_a_session_has_gone(void **state)
{
	struct children *children = *state;
	size_t visits[3 * CHILDREN_BATCH] = {0};
	struct walk walk;

	for (pid_t pid = 1; pid < 2 * CHILDREN_BATCH; pid++)
		children_commit(
		    children, children_reserve(children, &peer, 0), pid);
	walk_start(&walk);
	children_walk(children, &walk, count_visit, visits);
	children_release(children, children_find(children, walk.next));
	children_walk(children, &walk, count_visit, visits);
	assert_true(walk_is_over(&walk));
	assert_int_equal(visits[CHILDREN_BATCH + 1], 0);
	assert_int_equal(visits[CHILDREN_BATCH + 2], 1);
	assert_int_equal(visits[2 * CHILDREN_BATCH - 1], 1);
}

static void
a_session_is_in_the_queue_of_its_phase_only(void **state)
{
	struct children *children = *state;
	struct child *a = children_reserve(children, &peer, 0);
	struct child *b = children_reserve(children, &peer, 0);

	children_move(children, a, CHILD_DYING);
	children_move(children, b, CHILD_EXITING);
	assert_ptr_equal(TAILQ_FIRST(&children->dying), a);
	children_move(children, a, CHILD_EXITING);
	assert_true(TAILQ_EMPTY(&children->dying));
	assert_ptr_equal(TAILQ_FIRST(&children->exiting), b);
	children_move(children, b, CHILD_EXITING); /* to its end */
	assert_ptr_equal(TAILQ_FIRST(&children->exiting), a);
	assert_ptr_equal(TAILQ_NEXT(a, exit_entry), b);
	children_release(children, a);
	children_release(children, b);
	assert_true(TAILQ_EMPTY(&children->exiting));
}

static void
a_question_allows_one_report_more_and_disturbs(void **state)
{
	struct child *child = children_reserve(*state, &peer, 0);

	children_commit(*state, child, getpid());
	assert_false(child->disturbed);
	(void)signal(SIGUSR1, SIG_IGN);
	child_ask(child);
	(void)signal(SIGUSR1, SIG_DFL);
	assert_true(child->disturbed);
	assert_int_equal(child->allowance, CHILD_REPORTS + 1);
	child->allowance = UINT16_MAX;
	(void)signal(SIGUSR1, SIG_IGN);
	child_ask(child);
	(void)signal(SIGUSR1, SIG_DFL);
	assert_int_equal(child->allowance, UINT16_MAX);
}

static void
nothing_is_left_of_many_sessions_when_the_last_has_ended(void **state)
{
	struct children *children = *state;
	struct child *last = NULL;
	unsigned char pages[64];

	for (int i = 0; i < 4096; i++) {
		last = children_reserve(children, &peer, 0);
		children_commit(children, last, 100 + i);
	}
	size_t size = children->used * sizeof *children->slots;
	for (int i = 0; i < 4096; i++)
		children_release(children, children_find(children, 100 + i));
	assert_int_equal(children->used, 0);
	assert_int_equal(
	    mincore(children->slots, sizeof pages * 4096, pages), 0);
	assert_true(size > sizeof pages * 4096);
	for (size_t i = 0; i < sizeof pages; i++)
		assert_int_equal(pages[i] & 1, 0);
	assert_non_null(children_reserve(children, &peer, 0));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_reserved_slot_has_the_peer_and_no_pid),
	    TEST(a_child_is_found_from_commit_to_release),
	    TEST(a_reservation_can_be_given_back_uncommitted),
	    TEST(a_slot_that_is_taken_again_is_clean),
	    TEST(the_table_is_not_shared_with_a_child),
	    TEST(a_walk_meets_each_session_once_in_batches),
	    TEST(a_walk_goes_on_where_a_session_has_gone),
	    TEST(a_session_is_in_the_queue_of_its_phase_only),
	    TEST(slots_are_used_again_before_new_ones),
	    TEST(the_table_holds_max_children_and_no_more),
	    TEST(children_are_visited_in_the_order_of_their_pids),
	    TEST(a_question_allows_one_report_more_and_disturbs),
	    TEST(nothing_is_left_of_many_sessions_when_the_last_has_ended),
	};

	return cmocka_run_group_tests_name("children", tests, NULL, NULL);
}
