/* SPDX-License-Identifier: ISC */

#include "../support/unit.h"
#include "common/clock.h"
#include "parent/sessions/limits.h"

#define NOW   (1000 * SEC)
#define GRACE (3 * SEC)

/* One that has been heard of, and has made progress, so long ago. */
static struct child
session(int64_t age)
{
	return (struct child){
	    .started = NOW - age, .heard = NOW - age, .progress = NOW - age};
}

static void
without_limits_it_may_stay(void **state)
{
	struct child child = session(NOW);

	(void)state;
	assert_int_equal(limits_judge(&child, NOW), OVERDUE_NOT);
	assert_int_equal(
	    limits_reason(&child, REPORT_WAITS_FOR_INPUT, NOW), REASON_NONE);
	assert_int_equal(
	    limits_reason(&child, REPORT_WAITS_FOR_ROOM, NOW), REASON_NONE);
}

static void
past_its_lifetime_and_a_grace_it_is_killed(void **state)
{
	struct child child = session(10 * SEC + GRACE);

	(void)state;
	child.max_lifetime = 10 * SEC;
	assert_int_equal(limits_judge(&child, NOW), OVERDUE_KILL);
	assert_int_equal(limits_judge(&child, NOW - 1), OVERDUE_NOT);
}

/* It can have waited for input first, and then for room. */
static void
it_is_asked_when_it_should_have_ended_by_itself(void **state)
{
	static const struct {
		int64_t idle, write, silence;
	} cases[] = {
	    {3 * SEC, 2 * SEC, 5 * SEC + GRACE},
	    {3 * SEC, 0, 3 * SEC + GRACE},
	    {0, 2 * SEC, 2 * SEC + GRACE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct child child = session(cases[i].silence);
		child.idle_timeout = cases[i].idle;
		child.write_timeout = cases[i].write;
		assert_int_equal(limits_judge(&child, NOW), OVERDUE_ASK);
		assert_int_equal(limits_judge(&child, NOW - 1), OVERDUE_NOT);
	}
}

static void
one_that_was_asked_is_asked_again_at_its_limits(void **state)
{
	static const struct {
		int64_t idle, write, silence;
	} cases[] = {
	    {3 * SEC, 2 * SEC, 2 * SEC},
	    {1 * SEC, 2 * SEC, 1 * SEC},
	    {3 * SEC, 0, 3 * SEC},
	    {0, 2 * SEC, 2 * SEC},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct child child = session(cases[i].silence);
		child.disturbed = true;
		child.idle_timeout = cases[i].idle;
		child.write_timeout = cases[i].write;
		assert_int_equal(limits_judge(&child, NOW), OVERDUE_ASK);
		assert_int_equal(limits_judge(&child, NOW - 1), OVERDUE_NOT);
	}
}

static void
one_that_does_not_answer_is_asked_three_times_and_killed(void **state)
{
	struct child child = session(0);

	(void)state;
	for (child.unanswered = 1; child.unanswered < 3; child.unanswered++)
		assert_int_equal(limits_judge(&child, NOW), OVERDUE_ASK);
	assert_int_equal(limits_judge(&child, NOW), OVERDUE_KILL);
}

static void
what_it_waits_for_decides_which_limit_counts(void **state)
{
	struct child child = session(2 * SEC);

	(void)state;
	child.idle_timeout = 2 * SEC;
	child.write_timeout = 3 * SEC;
	assert_int_equal(
	    limits_reason(&child, REPORT_WAITS_FOR_INPUT, NOW), REASON_IDLE);
	assert_int_equal(limits_reason(&child, REPORT_WAITS_FOR_INPUT, NOW - 1),
	    REASON_NONE);
	assert_int_equal(
	    limits_reason(&child, REPORT_WAITS_FOR_ROOM, NOW), REASON_NONE);
	assert_int_equal(
	    limits_reason(&child, REPORT_WAITS_FOR_ROOM, NOW + SEC),
	    REASON_STALLED);
}

static void
an_answer_begins_the_silence_anew(void **state)
{
	struct limits limits = {0};
	struct child child = session(100 * SEC);
	const struct report report = {.waits = REPORT_WAITS_FOR_INPUT};

	(void)state;
	child.unanswered = 2;
	limits_told(&limits, &child, &report, NOW);
	assert_int_equal(child.heard, NOW);
	assert_int_equal(child.unanswered, 0);
	assert_int_equal(child.progress, NOW - 100 * SEC);
}

static void
one_that_says_it_ends_and_stays_is_killed(void **state)
{
	struct child child = session(GRACE);

	(void)state;
	child.phase = CHILD_EXITING;
	assert_int_equal(limits_judge(&child, NOW), OVERDUE_KILL);
	assert_int_equal(limits_judge(&child, NOW - 1), OVERDUE_NOT);
	child.kill_reason = REASON_KILLED; /* it was, and is not reaped yet */
	assert_int_equal(limits_judge(&child, NOW), OVERDUE_NOT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_limits_it_may_stay),
	    cmocka_unit_test(past_its_lifetime_and_a_grace_it_is_killed),
	    cmocka_unit_test(it_is_asked_when_it_should_have_ended_by_itself),
	    cmocka_unit_test(one_that_was_asked_is_asked_again_at_its_limits),
	    cmocka_unit_test(an_answer_begins_the_silence_anew),
	    cmocka_unit_test(one_that_says_it_ends_and_stays_is_killed),
	    cmocka_unit_test(
		one_that_does_not_answer_is_asked_three_times_and_killed),
	    cmocka_unit_test(what_it_waits_for_decides_which_limit_counts),
	};

	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
