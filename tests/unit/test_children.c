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
	(void)munmap(children->board,
	    sizeof *children->board +
		CONFIG_MAX_CHILDREN * sizeof *children->board->lines);
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
	assert_int_equal(child->cut, REASON_NONE);
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
a_board_line_is_clean_when_its_slot_is_taken_again(void **state)
{
	struct children *children = *state;
	struct child *child = children_reserve(children, &peer, 0);
	struct board_line *line = children_line(children, child);
	static const struct board_line clean;

	memset(line, 0xff, sizeof *line);
	child->cut = REASON_KILLED;
	children_commit(children, child, 42);
	children_release(children, child);
	assert_ptr_equal(children_reserve(children, &peer, 0), child);
	assert_ptr_equal(children_line(children, child), line);
	assert_memory_equal(line, &clean, sizeof clean);
	assert_int_equal(child->cut, REASON_NONE);
	assert_int_equal(child->pid, 0);
}

static void
sessions_do_not_share_cache_lines(void **state)
{
	struct children *children = *state;
	const struct child *a = children_reserve(children, &peer, 0);
	const struct child *b = children_reserve(children, &peer, 0);
	uintptr_t first = (uintptr_t)children_line(children, a);
	uintptr_t second = (uintptr_t)children_line(children, b);

	assert_int_equal(first % 64, 0);
	assert_int_equal(second % 64, 0);
	assert_int_not_equal(first, second);
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
the_board_is_shared_with_a_child_and_the_table_is_not(void **state)
{
	struct children *children = *state;
	struct child *child = children_reserve(children, &peer, 0);
	struct board_line *line = children_line(children, child);
	int status;
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		line->bytes = 4711;
		(void)signal(SIGSEGV, SIG_DFL);
		_exit(child->pid); /* its page is not there: SIGSEGV */
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(line->bytes, 4711);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static pid_t
start_sleeper(void)
{
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0)
		for (;;)
			(void)pause();
	return pid;
}

/* Two sessions and a reservation; what act does ends them by the signal. */
static void
check_end(struct children *children, void (*act)(struct children *), int signo,
    enum reason cut)
{
	struct child *child[2];
	int status;

	(void)children_reserve(children, &peer, 0); /* never committed */
	for (size_t i = 0; i < COUNT(child); i++) {
		child[i] = children_reserve(children, &peer, 0);
		children_commit(children, child[i], start_sleeper());
	}
	act(children);
	for (size_t i = 0; i < COUNT(child); i++) {
		pid_t pid = child[i]->pid;
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), signo);
		assert_int_equal(child[i]->cut, cut);
		children_release(children, child[i]);
	}
}

static void
terminate(struct children *children)
{
	children_signal(children, SIGTERM);
}

static void
a_signal_goes_to_every_session_and_to_nobody_else(void **state)
{
	check_end(*state, terminate, SIGTERM, REASON_NONE);
}

static void
who_was_killed_is_remembered(void **state)
{
	check_end(*state, children_kill, SIGKILL, REASON_KILLED);
}

static void
the_first_reason_to_kill_a_session_stays(void **state)
{
	struct child *child = children_reserve(*state, &peer, 0);
	int status;

	children_commit(*state, child, start_sleeper());
	child_kill(child, REASON_PROXY);
	child_kill(child, REASON_KILLED);
	assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
	assert_int_equal(child->cut, REASON_PROXY);
}

static void
a_client_is_named_only_by_a_complete_header(void **state)
{
	static const struct {
		uint8_t header;
		uint8_t family;
		bool named;
	} cases[] = {
	    {HEADER_AWAITED, AF_INET, false},
	    {HEADER_LOCAL, AF_INET, false},
	    {HEADER_NAMED, AF_INET, true},
	    {HEADER_NAMED, AF_INET6, true},
	    {HEADER_NAMED, AF_UNSPEC, false}, /* a session gone bad */
	    {HEADER_NAMED, AF_UNIX, false},
	    {HEADER_NAMED, UINT8_MAX, false},
	    {UINT8_MAX, AF_INET, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct board_line line = {.header = cases[i].header,
		    .client = {.family = cases[i].family, .port = 7}};
		struct addr client;

		assert_int_equal(board_client(&line, &client), cases[i].named);
	}
}

/* What a session does when it leaves. */
static void
leave(struct children *children, struct child *child)
{
	struct board_line *line = children_line(children, child);

	line->reason = REASON_CLIENT;
	line->before = children->board->departures.last;
	children->board->departures.last = children_number(children, child);
}

static size_t
count_leaving(struct children *children)
{
	struct child *child;
	size_t count = 0;

	children_take_departures(children);
	TAILQ_FOREACH(child, &children->leaving, departure)
	count++;
	return count;
}

static void
commit_some(struct children *children, struct child *some[4])
{
	for (int i = 0; i < 4; i++) {
		some[i] = children_reserve(children, &peer, 0);
		children_commit(children, some[i], 100 + i);
	}
}

static void
sessions_that_leave_are_known_until_they_are_released(void **state)
{
	struct children *children = *state;
	struct child *some[4];

	commit_some(children, some);
	assert_int_equal(count_leaving(children), 0);
	leave(children, some[2]);
	leave(children, some[0]);
	assert_int_equal(count_leaving(children), 2);
	leave(children, some[1]);
	assert_int_equal(count_leaving(children), 3);
	assert_true(some[0]->leaving && some[1]->leaving && some[2]->leaving);
	assert_false(some[3]->leaving);
	children_release(children, some[0]);
	assert_int_equal(count_leaving(children), 2);
}

static void
a_spoilt_list_of_departures_does_no_harm(void **state)
{
	struct children *children = *state;
	struct child *some[4];

	commit_some(children, some);
	children->board->departures.last = UINT32_MAX;
	assert_int_equal(count_leaving(children), 0);
	children->board->departures.last = 5; /* one more than there are */
	assert_int_equal(count_leaving(children), 0);
	leave(children, some[1]);
	leave(children, some[2]);
	children_line(children, some[1])->before =
	    children_number(children, some[2]); /* a circle */
	assert_int_equal(count_leaving(children), 2);
	/* said of one who did not say so itself */
	children->board->departures.last = children_number(children, some[3]);
	assert_int_equal(count_leaving(children), 2);
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
	    TEST(a_board_line_is_clean_when_its_slot_is_taken_again),
	    TEST(sessions_do_not_share_cache_lines),
	    TEST(slots_are_used_again_before_new_ones),
	    TEST(the_table_holds_max_children_and_no_more),
	    TEST(children_are_visited_in_the_order_of_their_pids),
	    TEST(the_board_is_shared_with_a_child_and_the_table_is_not),
	    TEST(a_signal_goes_to_every_session_and_to_nobody_else),
	    TEST(who_was_killed_is_remembered),
	    TEST(the_first_reason_to_kill_a_session_stays),
	    TEST(a_client_is_named_only_by_a_complete_header),
	    TEST(sessions_that_leave_are_known_until_they_are_released),
	    TEST(a_spoilt_list_of_departures_does_no_harm),
	    TEST(nothing_is_left_of_many_sessions_when_the_last_has_ended),
	};

	return cmocka_run_group_tests_name("children", tests, NULL, NULL);
}
