/* SPDX-License-Identifier: ISC */

#include "../support/unit.h"
#include "client/units.h"
#include "common/clock.h"

static const struct {
	const char *text;
	int64_t span;
} spans[] = {
    {"0", 0},
    {"1", SEC},
    {"0.2", 200 * MSEC},
    {".5", 500 * MSEC},
    {"5.", 5 * SEC},
    {"250us", 250 * USEC},
    {"1.5ms", 1500 * USEC},
    {"30s", 30 * SEC},
    {"5m", 300 * SEC},
    {"1h", 3600 * SEC},
    {"0.25h", 900 * SEC},
    {"0.000000001", 1},
    {"86400", 86400 * SEC},
};

static void
spans_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(spans); i++) {
		int64_t span = -1;

		assert_null(units_parse_span(spans[i].text, INT64_MAX, &span));
		assert_int_equal(span, spans[i].span);
	}
}

static void
what_is_no_span_is_refused_and_changes_nothing(void **state)
{
	static const char *const bad[] = {"", ".", "s", "-1", "+1", " 1", "1 ",
	    "1e3", "0x10", "1.2.3", "1,5", "nan", "inf", "1ns", "1S", "1 s",
	    "1mss", "1234567890123456", "9000000000000h"};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		int64_t span = 42;

		assert_non_null(units_parse_span(bad[i], 3600 * SEC, &span));
		assert_int_equal(span, 42);
	}
}

static void
a_span_above_the_maximum_is_refused(void **state)
{
	int64_t span;

	(void)state;
	assert_null(units_parse_span("1h", 3600 * SEC, &span));
	assert_string_equal(
	    units_parse_span("3601", 3600 * SEC, &span), "too large");
}

static void
sizes_are_powers_of_1024(void **state)
{
	static const struct {
		const char *text;
		uint64_t size;
	} sizes[] = {{"0", 0}, {"64", 64}, {"1k", 1024}, {"1K", 1024},
	    {"1.5k", 1536}, {"4M", 4194304}, {"2G", 2147483648}};
	static const char *const bad[] = {
	    "", "k", "1.3", "0.1k", "1kB", "1T", "-1", "5G"};
	uint64_t size;

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		assert_null(units_parse_size(sizes[i].text, UINT32_MAX, &size));
		assert_int_equal(size, sizes[i].size);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_non_null(units_parse_size(bad[i], UINT32_MAX, &size));
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
	    cmocka_unit_test(spans_are_read),
	    cmocka_unit_test(what_is_no_span_is_refused_and_changes_nothing),
	    cmocka_unit_test(a_span_above_the_maximum_is_refused),
	    cmocka_unit_test(sizes_are_powers_of_1024),
	    cmocka_unit_test(numbers_may_have_their_suffix_and_nothing_else),
	    cmocka_unit_test(
		spans_are_written_with_three_digits_in_the_unit_that_fits),
	};

	return cmocka_run_group_tests_name("units", tests, NULL, NULL);
}
