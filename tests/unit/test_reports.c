/* SPDX-License-Identifier: ISC */

/* Reports of real processes, as the kernel attests them. */

#include <sys/prctl.h>
#include <sys/wait.h>

#include <signal.h>
#include <stdlib.h>

#include "../support/unit_server.h"
#include "common/clock.h"
#include "parent/reports.h"
#include "parent/server.h"

#define NOW (1000 * SEC)

static const struct addr peer = {.family = AF_INET, .port = 7};

static int
setup(void **state)
{
	static struct server server;

	int result = unit_server_open(&server);
	*state = &server;
	kills_init(&server.kills, &server.children);
	limits_init(&server.limits, &server.children, &server.kills);
	proxied_init(&server.proxied, &server.kills);
	census_init(&server.census, &server.children);
	return result;
}

static int
teardown(void **state)
{
	return unit_server_close(*state);
}

/* A session that sends these and stays until it is killed. */
static struct child *
session(struct server *server, const struct report *reports, size_t count)
{
	struct child *child = children_reserve(&server->children, &peer, NOW);
	pid_t pid = fork();

	assert_non_null(child);
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		/* It stops; a test that fails must not leave it behind. */
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)signal(SIGUSR1, SIG_IGN);
		for (size_t i = 0; i < count; i++)
			if (write(server->inbox.sending, &reports[i],
				sizeof *reports) != sizeof *reports)
				_exit(EXIT_FAILURE);
		(void)raise(SIGSTOP);
		_exit(EXIT_SUCCESS);
	}
	children_commit(&server->children, child, pid);
	assert_int_equal(waitpid(pid, NULL, WUNTRACED), pid); /* all is sent */
	return child;
}

static void
end(const struct child *child)
{
	(void)kill(child->pid, SIGKILL);
	assert_int_equal(waitpid(child->pid, NULL, 0), child->pid);
}

static void
a_report_is_about_its_sender(void **state)
{
	struct server *server = *state;
	struct child *other = session(server, NULL, 0);
	struct child *child = session(
	    server, &(struct report){.kind = REPORT_COUNT, .bytes = 42}, 1);

	assert_true(reports_receive(server, NOW));
	assert_int_equal(child->bytes, 42);
	assert_true(child->counted);
	assert_int_equal(other->bytes, 0);
	assert_false(other->counted);
	assert_int_equal(server->bytes, 42);
	end(child);
	end(other);
}

static void
a_report_of_nobody_is_ignored(void **state)
{
	struct server *server = *state;
	const struct report report = {.kind = REPORT_END, .bytes = 42};
	struct child *child = session(server, NULL, 0);

	assert_int_equal(write(server->inbox.sending, &report, sizeof report),
	    sizeof report);
	assert_true(reports_receive(server, NOW));
	assert_int_equal(server->bytes, 0);
	assert_int_equal(child->phase, CHILD_SERVING);
	end(child);
}

static void
counts_grow_only(void **state)
{
	static const struct report reports[] = {
	    {.kind = REPORT_COUNT, .bytes = 42},
	    {.kind = REPORT_COUNT, .bytes = 41},
	    {.kind = REPORT_COUNT, .bytes = 43}};
	struct server *server = *state;
	struct child *child = session(server, reports, COUNT(reports));

	assert_true(reports_receive(server, NOW));
	assert_int_equal(child->bytes, 43);
	assert_int_equal(server->bytes, 43);
	end(child);
}

static void
a_count_that_no_session_can_reach_is_not_believed(void **state)
{
	static const struct report reports[] = {
	    {.kind = REPORT_COUNT, .bytes = 42},
	    {.kind = REPORT_COUNT, .bytes = UINT64_MAX},
	    {.kind = REPORT_COUNT, .bytes = UINT64_C(1) << 60}};
	struct server *server = *state;
	struct child *child = session(server, reports, COUNT(reports));

	assert_true(reports_receive(server, NOW));
	assert_int_equal(child->bytes, 42);
	assert_int_equal(server->bytes, 42);
	end(child);
}

static void
nothing_counts_after_the_last_word(void **state)
{
	static const struct report reports[] = {
	    {.kind = REPORT_END, .bytes = 42},
	    {.kind = REPORT_END, .bytes = 4711}};
	struct server *server = *state;
	struct child *child = session(server, reports, COUNT(reports));

	assert_true(reaper_receive(server, NOW));
	assert_int_equal(child->phase, CHILD_EXITING);
	assert_ptr_equal(TAILQ_FIRST(&server->children.exiting), child);
	assert_int_equal(child->bytes, 42);
	assert_true(timer_is_set(&server->reaper.retry));
	end(child);
}

static void
a_dying_session_is_killed_when_it_has_answered(void **state)
{
	struct server *server = *state;
	struct child *child = session(
	    server, &(struct report){.kind = REPORT_COUNT, .bytes = 5}, 1);

	kills_session(&server->kills, child, REASON_KILLED, NOW);
	assert_int_equal(child->phase, CHILD_DYING);
	assert_true(reports_are_awaited(server));
	assert_true(reports_receive(server, NOW));
	assert_int_equal(child->phase, CHILD_EXITING);
	assert_int_equal(child->kill_reason, REASON_KILLED);
	assert_true(child->counted);
	assert_int_equal(waitpid(child->pid, NULL, 0), child->pid);
}

static void
who_sends_too_many_is_killed(void **state)
{
	struct report reports[CHILD_REPORTS + 1] = {{.kind = REPORT_COUNT}};
	struct server *server = *state;
	struct child *child = session(server, reports, COUNT(reports));
	int status;

	assert_true(reports_receive(server, NOW));
	assert_int_equal(child->kill_reason, REASON_KILLED);
	assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
	assert_true(WIFSIGNALED(status));
}

static void
they_are_taken_in_batches(void **state)
{
	struct report reports[CHILDREN_BATCH + 1] = {{0}};
	struct server *server = *state;

	for (size_t i = 0; i < COUNT(reports); i++)
		reports[i] =
		    (struct report){.kind = REPORT_COUNT, .bytes = 1 + i};
	struct child *child = session(server, reports, COUNT(reports));
	child->allowance = COUNT(reports);
	assert_false(reports_receive(server, NOW));
	assert_int_equal(child->bytes, CHILDREN_BATCH);
	assert_true(reports_are_awaited(server));
	assert_true(reports_receive(server, NOW));
	assert_int_equal(child->bytes, CHILDREN_BATCH + 1);
	assert_false(reports_are_awaited(server)); /* it rests */
	end(child);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_report_is_about_its_sender),
	    TEST(a_report_of_nobody_is_ignored),
	    TEST(counts_grow_only),
	    TEST(a_count_that_no_session_can_reach_is_not_believed),
	    TEST(nothing_counts_after_the_last_word),
	    TEST(a_dying_session_is_killed_when_it_has_answered),
	    TEST(who_sends_too_many_is_killed),
	    TEST(they_are_taken_in_batches),
	};

	return cmocka_run_group_tests_name("reports", tests, NULL, NULL);
}
