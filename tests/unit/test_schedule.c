/* SPDX-License-Identifier: ISC */

#include "../support/unit.h"
#include "client/load/schedule.h"
#include "common/clock.h"

static const int64_t began = 1000 * SEC;

static struct schedule
schedule_of(uint64_t rate, int64_t span)
{
	return (struct schedule){
	    .rate = rate, .began = began, .ends = began + span};
}

static void
messages_are_due_evenly_from_the_start(void **state)
{
	struct schedule s = schedule_of(4, SEC);

	(void)state;
	for (; s.taken < 9; s.taken++)
		assert_int_equal(
		    schedule_due(&s, 0), began + (int64_t)s.taken * 250 * MSEC);
}

static void
without_a_rate_they_are_due_at_once_until_the_end(void **state)
{
	struct schedule s = schedule_of(0, SEC);

	(void)state;
	s.taken = 12345;
	assert_true(schedule_is_due(&s, began));
	assert_true(schedule_is_due(&s, began + SEC - 1));
	assert_false(schedule_is_due(&s, began + SEC));
}

static void
nothing_is_due_before_the_clock_runs(void **state)
{
	struct schedule s = {.rate = 10};

	(void)state;
	assert_false(schedule_is_due(&s, clock_now()));
}

/* Takes all that are due, one by one. */
static uint64_t
count(struct schedule s)
{
	uint64_t n = 0;

	for (; schedule_is_due(&s, INT64_MAX); s.taken++)
		n++;
	return n;
}

static void
those_left_are_those_that_could_still_be_taken(void **state)
{
	static const uint64_t rates[] = {1, 3, 7, 10, 999, 100000};
	static const int64_t spans[] = {
	    1, 999, MSEC, 333333333, SEC - 1, SEC, SEC + 1, 2 * SEC};

	(void)state;
	for (size_t i = 0; i < sizeof rates / sizeof *rates; i++)
		for (size_t k = 0; k < sizeof spans / sizeof *spans; k++) {
			struct schedule s = schedule_of(rates[i], spans[k]);
			assert_int_equal(schedule_left(&s), count(s));
			s.taken = count(s) / 2;
			assert_int_equal(schedule_left(&s), count(s));
			s.taken = 1000000;
			assert_int_equal(schedule_left(&s), 0);
		}
}

static void
the_greatest_rate_and_span_do_not_overflow(void **state)
{
	const int64_t week = 7 * 24 * 3600 * SEC;
	struct schedule s = schedule_of(100000000, week - 1);

	(void)state;
	assert_true(schedule_left(&s) == UINT64_C(60480000000000));
	s.taken = schedule_left(&s) - 1;
	assert_int_equal(schedule_due(&s, 0), began + week - 10);
	assert_int_equal(schedule_left(&s), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(messages_are_due_evenly_from_the_start),
	    cmocka_unit_test(without_a_rate_they_are_due_at_once_until_the_end),
	    cmocka_unit_test(nothing_is_due_before_the_clock_runs),
	    cmocka_unit_test(those_left_are_those_that_could_still_be_taken),
	    cmocka_unit_test(the_greatest_rate_and_span_do_not_overflow),
	};

	return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
