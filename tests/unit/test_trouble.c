/* SPDX-License-Identifier: ISC */

#include <errno.h>
#include <stdlib.h>

#include "../support/unit.h"
#include "parent/log/trouble.h"

static void
the_first_failure_is_told_at_once(void **state)
{
	struct trouble trouble = {.what = "accept"};

	(void)state;
	capture_start();
	assert_true(trouble_note(&trouble, EMFILE));
	assert_string_equal(capture_end(),
	    "echod: cannot accept: Too many open files, trying again\n");
}

static void
those_that_follow_are_told_together_with_the_last_error(void **state)
{
	struct trouble trouble = {.what = "fork"};

	(void)state;
	capture_start();
	assert_true(trouble_note(&trouble, EAGAIN));
	for (int i = 0; i < 41; i++)
		assert_false(trouble_note(&trouble, EAGAIN));
	assert_false(trouble_note(&trouble, ENOMEM));
	assert_true(trouble_period_over(&trouble));
	assert_string_equal(capture_end(),
	    "echod: cannot fork: Resource temporarily unavailable, trying "
	    "again\n"
	    "echod: cannot fork: Cannot allocate memory count=42 "
	    "period=10s\n");
}

static void
a_period_without_a_failure_ends_the_trouble(void **state)
{
	struct trouble trouble = {.what = "fork"};

	(void)state;
	capture_start();
	(void)trouble_note(&trouble, EAGAIN);
	(void)trouble_note(&trouble, EAGAIN);
	assert_true(trouble_period_over(&trouble));
	assert_false(trouble_period_over(&trouble));
	assert_text_contains(capture_end(), "echod: can fork again\n");
	assert_false(trouble.active);
}

static void
trouble_that_comes_back_is_told_at_once(void **state)
{
	struct trouble trouble = {.what = "fork"};

	(void)state;
	capture_start();
	(void)trouble_note(&trouble, EAGAIN);
	assert_false(trouble_period_over(&trouble));
	(void)capture_end();
	capture_start();
	assert_true(trouble_note(&trouble, ENOMEM));
	assert_string_equal(capture_end(),
	    "echod: cannot fork: Cannot allocate memory, trying again\n");
}

static void
any_number_of_failures_is_one_line_a_period(void **state)
{
	struct trouble trouble = {.what = "accept"};
	const char *text;
	size_t lines = 0;

	(void)state;
	capture_start();
	for (int period = 0; period < 10; period++) {
		for (int i = 0; i < 10000; i++)
			(void)trouble_note(&trouble, EMFILE);
		assert_true(trouble_period_over(&trouble));
	}
	for (text = capture_end(); *text != '\0'; text++)
		lines += *text == '\n';
	assert_int_equal(lines, 11);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_first_failure_is_told_at_once),
	    cmocka_unit_test(
		those_that_follow_are_told_together_with_the_last_error),
	    cmocka_unit_test(a_period_without_a_failure_ends_the_trouble),
	    cmocka_unit_test(trouble_that_comes_back_is_told_at_once),
	    cmocka_unit_test(any_number_of_failures_is_one_line_a_period),
	};

	return cmocka_run_group_tests_name("trouble", tests, NULL, NULL);
}
