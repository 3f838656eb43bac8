/* SPDX-License-Identifier: ISC */

#include <stdio.h>
#include <stdlib.h>

#include "../support/unit.h"
#include "parent/log/log.h"
#include "parent/log/refusals.h"

static const char denied[] = "denied", rate[] = "rate-per-source";

static struct prefix
source(const char *text)
{
	struct prefix prefix;

	assert_null(prefix_parse(text, &prefix));
	return prefix;
}

static uint64_t
add(struct refusals *refusals, const char *text, const char *reason)
{
	struct prefix prefix = source(text);

	return refusals_add(refusals, &prefix, reason);
}

/* n different addresses */
static void
add_many(struct refusals *refusals, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char text[32];

		(void)snprintf(
		    text, sizeof text, "10.0.%u.%u", i / 256, i % 256);
		(void)add(refusals, text, denied);
	}
}

static const char *
flushed(struct refusals *refusals)
{
	capture_start();
	refusals_flush(refusals);
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

static void
nothing_refused_says_nothing(void **state)
{
	struct refusals refusals = {0};

	(void)state;
	assert_string_equal(flushed(&refusals), "");
}

static void
refusals_are_one_line_a_source_and_reason(void **state)
{
	struct refusals refusals = {0};

	(void)state;
	for (uint64_t i = 1; i <= 37; i++)
		assert_int_equal(add(&refusals, "192.0.2.9", rate), i);
	assert_int_equal(add(&refusals, "192.0.2.9", denied), 1);
	assert_int_equal(add(&refusals, "2001:db8::/64", rate), 1);
	assert_int_equal(add(&refusals, "192.0.2.9", rate), 38);
	assert_string_equal(flushed(&refusals),
	    "echod: refused 192.0.2.9 reason=rate-per-source count=38 "
	    "period=10s\n"
	    "echod: refused 192.0.2.9 reason=denied count=1 period=10s\n"
	    "echod: refused 2001:db8::/64 reason=rate-per-source count=1 "
	    "period=10s\n");
}

static void
a_period_begins_with_nothing(void **state)
{
	struct refusals refusals = {0};

	(void)state;
	add_many(&refusals, 2 * REFUSALS_MAX);
	(void)flushed(&refusals);
	assert_string_equal(flushed(&refusals), "");
	assert_int_equal(add(&refusals, "192.0.2.9", denied), 1);
	assert_string_equal(flushed(&refusals),
	    "echod: refused 192.0.2.9 reason=denied count=1 period=10s\n");
}

static void
as_many_sources_as_there_are_places_have_a_line_each(void **state)
{
	struct refusals refusals = {0};

	(void)state;
	add_many(&refusals, REFUSALS_MAX);
	const char *text = flushed(&refusals);
	assert_int_equal(count_lines(text), REFUSALS_MAX);
	assert_null(strstr(text, "others"));
}

static void
any_number_of_sources_is_a_handful_of_lines(void **state)
{
	struct refusals refusals = {0};

	(void)state;
	for (int i = 0; i < 10; i++)
		add_many(&refusals, 65536);
	assert_int_equal(add(&refusals, "192.0.2.9", denied), 0);
	const char *text = flushed(&refusals);
	assert_int_equal(count_lines(text), REFUSALS_MAX + 1);
	assert_text_contains(text,
	    "echod: refused 10.0.0.0 reason=denied count=10 period=10s\n");
	assert_text_contains(
	    text, "echod: refused others count=655201 period=10s\n");
}

static void
the_total_is_of_all_periods(void **state)
{
	struct refusals refusals = {0};

	(void)state;
	add_many(&refusals, 100);
	(void)flushed(&refusals);
	add_many(&refusals, 11);
	assert_int_equal(refusals.total, 111);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_refused_says_nothing),
	    cmocka_unit_test(refusals_are_one_line_a_source_and_reason),
	    cmocka_unit_test(a_period_begins_with_nothing),
	    cmocka_unit_test(
		as_many_sources_as_there_are_places_have_a_line_each),
	    cmocka_unit_test(any_number_of_sources_is_a_handful_of_lines),
	    cmocka_unit_test(the_total_is_of_all_periods),
	};

	return cmocka_run_group_tests_name("refusals", tests, NULL, NULL);
}
