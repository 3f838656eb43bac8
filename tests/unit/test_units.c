/* SPDX-License-Identifier: ISC */

#include <inttypes.h>
#include <stdbool.h>

#include "../support/unit.h"
#include "common/clock.h"
#include "common/units.h"

#define HOUR (3600 * SEC)

static const struct {
	const char *text;
	int64_t span;
	const char *formatted;
} durations[] = {
    {"0", 0, "0"},
    {"000", 0, "0"},
    {"0ms", 0, "0"},
    {"0h", 0, "0"},
    {"1ms", MSEC, "1ms"},
    {"500ms", 500 * MSEC, "500ms"},
    {"999ms", 999 * MSEC, "999ms"},
    {"1000ms", SEC, "1s"},
    {"1001ms", 1001 * MSEC, "1001ms"},
    {"30s", 30 * SEC, "30s"},
    {"030s", 30 * SEC, "30s"},
    {"59s", 59 * SEC, "59s"},
    {"60s", 60 * SEC, "1m"},
    {"61s", 61 * SEC, "61s"},
    {"5m", 300 * SEC, "5m"},
    {"90m", 5400 * SEC, "90m"},
    {"120m", 2 * HOUR, "2h"},
    {"1h", HOUR, "1h"},
    {"500us", 500 * USEC, "500us"},
    {"1ns", 1, "1ns"},
    {"1.5s", 1500 * MSEC, "1500ms"},
    {"0.5ms", 500 * USEC, "500us"},
    {".5s", 500 * MSEC, "500ms"},
    {"5.s", 5 * SEC, "5s"},
    {"0.25h", 900 * SEC, "15m"},
    {"1.50000000000000000000s", 1500 * MSEC, "1500ms"},
    {"0.1ns", 1, "1ns"},
    {"8760h", 8760 * HOUR, "8760h"},
};

static void
durations_are_read_and_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(durations); i++) {
		int64_t span = -1;
		char buf[UNITS_STRLEN];

		assert_null(units_parse_span(
		    durations[i].text, NULL, 0, INT64_MAX, &span));
		assert_int_equal(span, durations[i].span);
		assert_string_equal(
		    units_exact_span(span, buf), durations[i].formatted);
	}
}

static void
a_number_without_a_unit_is_in_the_bare_one(void **state)
{
	int64_t span = -1;

	(void)state;
	assert_null(units_parse_span("0.2", "s", 0, SEC, &span));
	assert_int_equal(span, 200 * MSEC);
	assert_null(units_parse_span("0.2", "ms", 0, SEC, &span));
	assert_int_equal(span, 200 * USEC);
	assert_string_equal(units_parse_span("2", NULL, 0, SEC, &span),
	    "needs a unit: us, ms, s, m or h");
	assert_string_equal(units_parse_span("2y", "s", 0, SEC, &span),
	    "unknown unit: us, ms, s, m or h");
}

static void
what_is_no_duration_is_refused_and_changes_nothing(void **state)
{
	static const char *const bad[] = {"", ".", "s", "-1s", "+1s", " 1s",
	    "1", "01", "1 s", "1s ", "1e3s", "0x10s", "1.2.3s", "1,5s", "nan",
	    "inf", "1S", "1d", "1mss", "1s1s", "99999999999999999999999999h"};
	char ones[1000];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		int64_t span = 42;

		assert_non_null(
		    units_parse_span(bad[i], NULL, 0, INT64_MAX, &span));
		assert_int_equal(span, 42);
	}
	/* Larger than any double, and a fraction finer than any. */
	int64_t span = 42;
	memset(ones, '1', sizeof ones - 2);
	(void)strcpy(ones + sizeof ones - 2, "s");
	ones[500] = '.';
	assert_non_null(units_parse_span(ones, NULL, 0, INT64_MAX, &span));
	assert_int_equal(span, 42);
}

static void
what_is_out_of_range_is_refused_with_the_range(void **state)
{
	int64_t value = 42;

	(void)state;
	assert_string_equal(units_parse_span("3601s", NULL, 0, HOUR, &value),
	    "must be 0 to 1h");
	assert_string_equal(
	    units_parse_span("1us", NULL, MSEC, 90 * SEC, &value),
	    "must be 1ms to 90s");
	assert_string_equal(units_parse_count("0", 1, UINT16_MAX, &value),
	    "must be 1 to 65535");
	assert_string_equal(
	    units_parse_count("99999999999999999999", 1, 2, &value),
	    "must be 1 to 2");
	assert_string_equal(
	    units_parse_count("0", 1, INT64_MAX, &value), "must be at least 1");
	assert_string_equal(
	    units_parse_size("2k", 1, 1536, &value), "must be 1 to 1536");
	assert_string_equal(
	    units_parse_size("17M", 1, 16 << 20, &value), "must be 1 to 16M");
	assert_int_equal(value, 42);
}

static const struct {
	const char *text;
	int64_t max;
	bool good;
} bounds[] = {
    {"24h", 24 * HOUR, true},
    {"25h", 24 * HOUR, false},
    {"1440m", 24 * HOUR, true},
    {"1441m", 24 * HOUR, false},
    {"86400s", 24 * HOUR, true},
    {"86401s", 24 * HOUR, false},
    {"86400000ms", 24 * HOUR, true},
    {"86400001ms", 24 * HOUR, false},
    {"1h", HOUR - 1, false},
    {"3599999ms", HOUR - 1, true},
    {"0", 0, true},
    {"0s", 0, true},
    {"1ms", 0, false},
    {"9223372036854ms", INT64_MAX, true},
    {"9223372036855ms", INT64_MAX, false},
    {"2562047h", INT64_MAX, true},
    {"2562048h", INT64_MAX, false},
};

static void
the_maximum_is_kept_to_in_every_unit(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bounds); i++) {
		int64_t span;
		const char *error = units_parse_span(
		    bounds[i].text, NULL, 0, bounds[i].max, &span);

		if ((error == NULL) != bounds[i].good)
			fail_msg("\"%s\" of %" PRId64 ": %s", bounds[i].text,
			    bounds[i].max, error ? error : "accepted");
		assert_true(error != NULL || span <= bounds[i].max);
	}
}

static void
whole_units_survive_a_round_trip(void **state)
{
	static const int64_t steps[] = {
	    1, USEC, MSEC, 7 * MSEC, SEC, 60 * SEC, HOUR};

	(void)state;
	for (size_t i = 0; i < COUNT(steps); i++)
		for (int64_t n = 0; n < 5000; n++) {
			char buf[UNITS_STRLEN];
			int64_t span;

			(void)units_exact_span(n * steps[i], buf);
			assert_null(
			    units_parse_span(buf, NULL, 0, INT64_MAX, &span));
			assert_int_equal(span, n * steps[i]);
		}
}

static void
sizes_are_powers_of_1024(void **state)
{
	static const struct {
		const char *text;
		int64_t size;
	} sizes[] = {{"0", 0}, {"64", 64}, {"1k", 1024}, {"1K", 1024},
	    {"1.5k", 1536}, {"4M", 4194304}, {"2G", 2147483648}};
	static const char *const bad[] = {
	    "", "k", "1.3", "0.1k", "1kB", "1T", "-1", "5G"};
	char buf[UNITS_STRLEN];
	int64_t size;

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		assert_null(
		    units_parse_size(sizes[i].text, 0, UINT32_MAX, &size));
		assert_int_equal(size, sizes[i].size);
		assert_null(units_parse_size(
		    units_exact_size(size, buf), 0, UINT32_MAX, &size));
		assert_int_equal(size, sizes[i].size);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_non_null(units_parse_size(bad[i], 0, UINT32_MAX, &size));
}

static void
numbers_may_have_their_suffix_and_nothing_else(void **state)
{
	double number;

	(void)state;
	assert_null(units_parse_number("99.9", "", &number));
	assert_true(number > 99.89 && number < 99.91);
	assert_null(units_parse_number("1%", "%", &number));
	assert_null(units_parse_number("1", "%", &number));
	assert_non_null(units_parse_number("1%", "", &number));
	assert_non_null(units_parse_number("1%%", "%", &number));
	assert_non_null(units_parse_number("%", "%", &number));
	assert_non_null(units_parse_number("1000000000000000", "", &number));
}

static void
spans_are_written_with_three_digits_in_the_unit_that_fits(void **state)
{
	static const struct {
		double span;
		const char *text;
	} written[] = {{0, "0.00 ns"}, {1, "1.00 ns"}, {999, "999 ns"},
	    {1000, "1.00 us"}, {15400, "15.4 us"}, {214000, "214 us"},
	    {5e6, "5.00 ms"}, {3.2e9, "3.20 s"}, {3600e9, "3600 s"}};
	char buf[UNITS_STRLEN];

	(void)state;
	for (size_t i = 0; i < COUNT(written); i++)
		assert_string_equal(
		    units_format_span(written[i].span, buf), written[i].text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(durations_are_read_and_written),
	    cmocka_unit_test(a_number_without_a_unit_is_in_the_bare_one),
	    cmocka_unit_test(
		what_is_no_duration_is_refused_and_changes_nothing),
	    cmocka_unit_test(what_is_out_of_range_is_refused_with_the_range),
	    cmocka_unit_test(the_maximum_is_kept_to_in_every_unit),
	    cmocka_unit_test(whole_units_survive_a_round_trip),
	    cmocka_unit_test(sizes_are_powers_of_1024),
	    cmocka_unit_test(numbers_may_have_their_suffix_and_nothing_else),
	    cmocka_unit_test(
		spans_are_written_with_three_digits_in_the_unit_that_fits),
	};

	return cmocka_run_group_tests_name("units", tests, NULL, NULL);
}
