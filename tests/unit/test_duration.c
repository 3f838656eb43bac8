/* SPDX-License-Identifier: ISC */

#include <inttypes.h>
#include <stdbool.h>

#include "../support/unit.h"
#include "common/clock.h"
#include "common/duration.h"

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
    {"8760h", 8760 * HOUR, "8760h"},
};

static void
durations_are_read_and_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(durations); i++) {
		int64_t span = -1;
		char buf[DURATION_STRLEN];

		assert_null(
		    duration_parse(durations[i].text, INT64_MAX, &span));
		assert_int_equal(span, durations[i].span);
		assert_string_equal(
		    duration_format(span, buf), durations[i].formatted);
	}
}

static const struct {
	const char *text;
	const char *error;
} bad[] = {
    {"", "not a duration (as in 500ms, 30s, 5m, 1h)"},
    {"s", "not a duration (as in 500ms, 30s, 5m, 1h)"},
    {"-1s", "not a duration (as in 500ms, 30s, 5m, 1h)"},
    {"+1s", "not a duration (as in 500ms, 30s, 5m, 1h)"},
    {" 1s", "not a duration (as in 500ms, 30s, 5m, 1h)"},
    {".5s", "not a duration (as in 500ms, 30s, 5m, 1h)"},
    {"1", "needs a unit: ms, s, m or h"},
    {"01", "needs a unit: ms, s, m or h"},
    {"1 s", "needs a unit: ms, s, m or h"},
    {"1s ", "needs a unit: ms, s, m or h"},
    {"1S", "needs a unit: ms, s, m or h"},
    {"1d", "needs a unit: ms, s, m or h"},
    {"1us", "needs a unit: ms, s, m or h"},
    {"1.5s", "needs a unit: ms, s, m or h"},
    {"1s1s", "needs a unit: ms, s, m or h"},
    {"0x1s", "needs a unit: ms, s, m or h"},
    {"1e3s", "needs a unit: ms, s, m or h"},
    {"9223372036854775807h", "too large"},
    {"9999999999999999999ms", "too large"},
    {"18446744073709551616s", "too large"},
    {"99999999999999999999999999999999s", "too large"},
};

static void
bad_durations_are_refused_and_change_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		int64_t span = 4711;
		const char *error =
		    duration_parse(bad[i].text, INT64_MAX, &span);

		if (error == NULL)
			fail_msg("accepted \"%s\"", bad[i].text);
		assert_string_equal(error, bad[i].error);
		assert_int_equal(span, 4711);
	}
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
		const char *error =
		    duration_parse(bounds[i].text, bounds[i].max, &span);

		if ((error == NULL) != bounds[i].good)
			fail_msg("\"%s\" of %" PRId64 ": %s", bounds[i].text,
			    bounds[i].max, error ? error : "accepted");
		assert_true(error != NULL || span <= bounds[i].max);
	}
}

static void
whole_milliseconds_survive_a_round_trip(void **state)
{
	static const int64_t steps[] = {MSEC, 7 * MSEC, SEC, 60 * SEC, HOUR};

	(void)state;
	for (size_t i = 0; i < COUNT(steps); i++)
		for (int64_t n = 0; n < 5000; n++) {
			char buf[DURATION_STRLEN];
			int64_t span;

			(void)duration_format(n * steps[i], buf);
			assert_null(duration_parse(buf, INT64_MAX, &span));
			assert_int_equal(span, n * steps[i]);
		}
}

static void
less_than_a_millisecond_is_cut_off(void **state)
{
	char buf[DURATION_STRLEN];

	(void)state;
	assert_string_equal(duration_format(SEC + 1, buf), "1000ms");
	assert_string_equal(duration_format(MSEC - 1, buf), "0ms");
	assert_string_equal(duration_format(INT64_MAX, buf), "9223372036854ms");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(durations_are_read_and_written),
	    cmocka_unit_test(bad_durations_are_refused_and_change_nothing),
	    cmocka_unit_test(the_maximum_is_kept_to_in_every_unit),
	    cmocka_unit_test(whole_milliseconds_survive_a_round_trip),
	    cmocka_unit_test(less_than_a_millisecond_is_cut_off),
	};

	return cmocka_run_group_tests_name("duration", tests, NULL, NULL);
}
