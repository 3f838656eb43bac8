/* SPDX-License-Identifier: ISC */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/unit.h"
#include "common/clock.h"
#include "parent/log/client_names.h"
#include "parent/log/throttle.h"
#include "parent/throttles.h"

#define START  (1000 * SEC)
#define PERIOD (THROTTLE_PERIOD * SEC)

static const char denied[] = "denied", rate[] = "rate-per-source";
static const char listener[] = "*:7", other[] = "[::1]:7";

static uint64_t
refuse_at(struct throttle *throttle, const char *text, const char *reason,
    const char *where)
{
	struct prefix source;

	assert_null(prefix_parse(text, &source));
	return throttle_refused(throttle, &source, reason, where, START);
}

static uint64_t
refuse(struct throttle *throttle, const char *text, const char *reason)
{
	return refuse_at(throttle, text, reason, listener);
}

/* n different addresses */
static void
refuse_many(struct throttle *throttle, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char text[32];

		(void)snprintf(
		    text, sizeof text, "10.0.%u.%u", i / 256, i % 256);
		(void)refuse(throttle, text, denied);
	}
}

static const char *
flushed(struct throttle *throttle)
{
	capture_start();
	throttle_flush(throttle, START + PERIOD);
	return capture_end();
}

static size_t
count_lines(const char *text)
{
	size_t lines = 0;

	for (; *text != '\0'; text++)
		lines += *text == '\n';
	return lines;
}

/* ---- refused clients ----------------------------------------------------- */

static void
refusals_are_one_line_a_source_reason_and_listener(void **state)
{
	struct throttle throttle = {0};

	(void)state;
	assert_string_equal(flushed(&throttle), "");
	for (uint64_t i = 1; i <= 37; i++)
		assert_int_equal(refuse(&throttle, "192.0.2.9", rate), i);
	assert_int_equal(refuse(&throttle, "192.0.2.9", denied), 1);
	assert_int_equal(refuse(&throttle, "2001:db8::/64", rate), 1);
	assert_int_equal(refuse(&throttle, "192.0.2.9", rate), 38);
	assert_int_equal(refuse_at(&throttle, "192.0.2.9", rate, other), 1);
	assert_int_equal(throttle.due, START + PERIOD);
	assert_string_equal(flushed(&throttle),
	    "echod: refused 192.0.2.9 reason=rate-per-source count=38 "
	    "period=10s listener=*:7\n"
	    "echod: refused 192.0.2.9 reason=denied count=1 period=10s "
	    "listener=*:7\n"
	    "echod: refused 2001:db8::/64 reason=rate-per-source count=1 "
	    "period=10s listener=*:7\n"
	    "echod: refused 192.0.2.9 reason=rate-per-source count=1 "
	    "period=10s listener=[::1]:7\n");
}

static void
a_period_begins_with_nothing(void **state)
{
	struct throttle throttle = {0};

	(void)state;
	refuse_many(&throttle, 2 * THROTTLE_MAX);
	(void)flushed(&throttle);
	assert_int_equal(throttle.due, 0);
	assert_string_equal(flushed(&throttle), "");
	assert_int_equal(refuse(&throttle, "192.0.2.9", denied), 1);
	assert_int_equal(count_lines(flushed(&throttle)), 1);
}

static void
any_number_of_sources_is_a_handful_of_lines(void **state)
{
	struct throttle throttle = {0};

	(void)state;
	refuse_many(&throttle, THROTTLE_MAX);
	const char *text = flushed(&throttle);
	assert_int_equal(count_lines(text), THROTTLE_MAX);
	assert_null(strstr(text, "others"));
	for (int i = 0; i < 10; i++)
		refuse_many(&throttle, 65536);
	assert_int_equal(refuse(&throttle, "192.0.2.9", denied), 0);
	text = flushed(&throttle);
	assert_int_equal(count_lines(text), THROTTLE_MAX + 1);
	assert_text_contains(
	    text, "echod: refused 10.0.0.0 reason=denied count=10 period=10s");
	assert_text_contains(
	    text, "echod: refused others count=655201 period=10s\n");
}

static void
sources_of_one_name_share_a_line(void **state)
{
	struct throttle throttle = {0};

	(void)state;
	client_names_configure(LOG_CLIENTS_PREFIX, 32, 64);
	refuse_many(&throttle, 512);
	const char *text = flushed(&throttle);
	client_names_configure(LOG_CLIENTS_FULL, 32, 64);
	assert_string_equal(text,
	    "echod: refused 10.0.0.0/24 reason=denied count=256 period=10s "
	    "listener=*:7\n"
	    "echod: refused 10.0.1.0/24 reason=denied count=256 period=10s "
	    "listener=*:7\n");
}

/* ---- failures ------------------------------------------------------------ */

static void
the_first_failure_is_told_at_once(void **state)
{
	struct throttle throttle = {.operation = "accept"};

	(void)state;
	capture_start();
	throttle_failed(&throttle, EMFILE, START);
	assert_string_equal(capture_end(),
	    "echod: cannot accept: Too many open files, trying again\n");
	assert_int_equal(throttle.due, START + PERIOD);
}

static void
those_that_follow_are_told_together_with_the_last_error(void **state)
{
	struct throttle throttle = {.operation = "fork"};

	(void)state;
	throttle_failed(&throttle, EAGAIN, START);
	for (int i = 0; i < 41; i++)
		throttle_failed(&throttle, EAGAIN, START);
	throttle_failed(&throttle, ENOMEM, START);
	assert_string_equal(flushed(&throttle),
	    "echod: cannot fork: Cannot allocate memory count=42 "
	    "period=10s\n");
	assert_int_equal(throttle.due, START + 2 * PERIOD);
}

static void
a_period_without_a_failure_ends_them(void **state)
{
	struct throttle throttle = {.operation = "fork"};

	(void)state;
	throttle_failed(&throttle, EAGAIN, START);
	assert_string_equal(flushed(&throttle), "echod: can fork again\n");
	assert_int_equal(throttle.due, 0);
	capture_start();
	throttle_failed(&throttle, ENOMEM, START);
	assert_string_equal(capture_end(),
	    "echod: cannot fork: Cannot allocate memory, trying again\n");
}

static void
any_number_of_failures_is_one_line_a_period(void **state)
{
	struct throttle throttle = {.operation = "accept"};

	(void)state;
	capture_start();
	for (int period = 0; period < 10; period++) {
		for (int i = 0; i < 10000; i++)
			throttle_failed(&throttle, EMFILE, START);
		throttle_flush(&throttle, START + PERIOD);
	}
	assert_int_equal(count_lines(capture_end()), 11);
}

/* ---- several lines ------------------------------------------------------- */

/* Accepting fails; half a period later a client is refused. */
static struct throttles
fail_then_refuse(void)
{
	struct throttles throttles = {0};
	struct prefix source;

	assert_null(prefix_parse("192.0.2.9", &source));
	throttles_init(&throttles);
	capture_start();
	throttles_failed(&throttles, THROTTLED_ACCEPT, EMFILE, START);
	(void)throttles_refused(
	    &throttles, &source, denied, listener, START + PERIOD / 2);
	assert_string_equal(capture_end(),
	    "echod: cannot accept: Too many open files, trying again\n");
	return throttles;
}

static const char refused[] = "echod: refused 192.0.2.9 reason=denied count=1 "
			      "period=10s listener=*:7\n";

static void
each_line_has_a_period_of_its_own(void **state)
{
	struct throttles throttles = fail_then_refuse();

	(void)state;
	assert_int_equal(throttles.over.due, START + PERIOD);
	capture_start();
	throttles_go_on(&throttles, START + PERIOD);
	assert_string_equal(capture_end(), "echod: can accept again\n");
	assert_int_equal(throttles.over.due, START + PERIOD / 2 + PERIOD);
	capture_start();
	throttles_go_on(&throttles, START + PERIOD / 2 + PERIOD);
	assert_string_equal(capture_end(), refused);
	assert_false(timer_is_set(&throttles.over));
}

static void
an_upgrade_loses_no_count_and_ends_no_failure(void **state)
{
	struct throttles throttles = fail_then_refuse();

	(void)state;
	capture_start();
	throttles_hand_on(&throttles, START + PERIOD / 2);
	assert_string_equal(capture_end(), refused);
	assert_int_equal(throttles.over.due, START + PERIOD);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		refusals_are_one_line_a_source_reason_and_listener),
	    cmocka_unit_test(a_period_begins_with_nothing),
	    cmocka_unit_test(any_number_of_sources_is_a_handful_of_lines),
	    cmocka_unit_test(sources_of_one_name_share_a_line),
	    cmocka_unit_test(the_first_failure_is_told_at_once),
	    cmocka_unit_test(
		those_that_follow_are_told_together_with_the_last_error),
	    cmocka_unit_test(a_period_without_a_failure_ends_them),
	    cmocka_unit_test(any_number_of_failures_is_one_line_a_period),
	    cmocka_unit_test(each_line_has_a_period_of_its_own),
	    cmocka_unit_test(an_upgrade_loses_no_count_and_ends_no_failure),
	};

	return cmocka_run_group_tests_name("throttle", tests, NULL, NULL);
}
