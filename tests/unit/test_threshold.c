/* SPDX-License-Identifier: ISC */

#include <math.h>

#include "../support/unit.h"
#include "client/threshold.h"
#include "common/clock.h"

static const struct {
	const char *text;
	enum threshold_metric metric;
	double percentile, limit;
	bool above, equal;
} good[] = {
    {"p99>5ms", THRESHOLD_PERCENTILE, 99, 5e6, true, false},
    {"p99.9>=1.5ms", THRESHOLD_PERCENTILE, 99.9, 1.5e6, true, true},
    {"p0<1us", THRESHOLD_PERCENTILE, 0, 1e3, false, false},
    {"p100>0", THRESHOLD_PERCENTILE, 100, 0, true, false},
    {"min<=2s", THRESHOLD_MIN, 0, 2e9, false, true},
    {"avg>1m", THRESHOLD_AVG, 0, 60e9, true, false},
    {"max > 1h", THRESHOLD_MAX, 0, 3600e9, true, false},
    {"loss>1%", THRESHOLD_LOSS, 0, 1, true, false},
    {"loss>0.5", THRESHOLD_LOSS, 0, 0.5, true, false},
    {"errors>10", THRESHOLD_ERRORS, 0, 10, true, false},
    {"rate<50000", THRESHOLD_RATE, 0, 50000, false, false},
    {"conns<100.5", THRESHOLD_CONNS, 0, 100.5, false, false},
};

static void
conditions_are_read(void **state)
{
	static struct threshold_list list;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		const struct threshold *t = &list.items[0];
		assert_null(threshold_parse(good[i].text, &list));
		assert_int_equal(list.count, 1);
		assert_int_equal(t->metric, good[i].metric);
		assert_true(fabs(t->percentile - good[i].percentile) < 1e-9);
		assert_true(fabs(t->limit - good[i].limit) < 1e-3);
		assert_int_equal(t->above, good[i].above);
		assert_int_equal(t->equal, good[i].equal);
	}
}

static void
several_are_separated_by_commas(void **state)
{
	static struct threshold_list list;

	(void)state;
	assert_null(threshold_parse("p99>5ms, loss>1%,max >= 1s", &list));
	assert_int_equal(list.count, 3);
	assert_string_equal(list.items[0].text, "p99>5ms");
	assert_string_equal(list.items[1].text, "loss>1%");
	assert_string_equal(list.items[2].text, "max>=1s");
}

static void
what_is_no_condition_is_refused(void **state)
{
	static const char *const bad[] = {"", ",", "p99>5ms,", ",p99>5ms",
	    "p99", "p99=5ms", "p99>", ">5ms", "p>5ms", "p101>5ms", "px>5ms",
	    "p99>5", "p99>5%", "p99>>5ms", "p99=>5ms", "p99>-5ms", "P99>5ms",
	    "loss>1ms", "loss>", "loss>1%%", "errors>1%", "rate>1k", "speed>1",
	    "p99>5ms loss>1%", "p99>1000h",
	    "max>17593s", /* than any that is measured */
	    "p99.99999999999999999999999999999999999999999999>5ms"};
	static struct threshold_list list;

	(void)state;
	assert_null(threshold_parse("max>17592s", &list));
	for (size_t i = 0; i < COUNT(bad); i++)
		if (threshold_parse(bad[i], &list) == NULL)
			fail_msg("\"%s\" was taken", bad[i]);
}

static void
too_many_conditions_are_refused(void **state)
{
	static struct threshold_list list;
	char text[THRESHOLDS_MAX * 8 + 16] = "max>1s";

	(void)state;
	for (int i = 1; i < THRESHOLDS_MAX; i++)
		(void)strcat(text, ",max>1s");
	assert_null(threshold_parse(text, &list));
	assert_int_equal(list.count, THRESHOLDS_MAX);
	(void)strcat(text, ",max>1s");
	assert_string_equal(
	    threshold_parse(text, &list), "too many conditions");
}

/* 1 ms to 100 ms, one each; 2 % lost. */
static struct measurements
measured(void)
{
	static struct histogram latency;

	memset(&latency, 0, sizeof latency);
	for (int64_t i = 1; i <= 100; i++)
		histogram_record(&latency, i * MSEC);
	return (struct measurements){.latency = &latency,
	    .loss = 2,
	    .errors = 3,
	    .rate = 1000,
	    .conns = 50};
}

static void
conditions_are_judged(void **state)
{
	static const struct {
		const char *text;
		bool failed;
	} judged[] = {{"p50>49ms", true}, {"p50>51ms", false},
	    {"p99>98ms", true}, {"min<1ms", false}, {"min<=1ms", true},
	    {"max>100ms", false}, {"max>=100ms", true}, {"avg>50ms", true},
	    {"avg>51ms", false}, {"loss>1%", true}, {"loss>2%", false},
	    {"loss>=2%", true}, {"errors>2", true}, {"errors>3", false},
	    {"rate<1000", false}, {"rate<=1000", true}, {"rate<1001", true},
	    {"conns>49", true}, {"conns<50", false}};
	struct measurements m = measured();
	struct threshold_list list;

	(void)state;
	for (size_t i = 0; i < COUNT(judged); i++) {
		assert_null(threshold_parse(judged[i].text, &list));
		if (threshold_failed(&list.items[0], &m) != judged[i].failed)
			fail_msg("%s", judged[i].text);
	}
}

static void
a_latency_without_answers_has_failed(void **state)
{
	static const struct histogram nothing;
	const struct measurements m = {.latency = &nothing};
	struct threshold_list list;

	(void)state;
	assert_null(threshold_parse("p99>1h,max<0,loss>50%", &list));
	assert_true(threshold_failed(&list.items[0], &m));
	assert_true(threshold_failed(&list.items[1], &m));
	assert_false(threshold_failed(&list.items[2], &m));
}

static void
it_is_known_whether_losses_are_judged(void **state)
{
	static const struct {
		const char *text;
		bool judges;
	} lists[] = {{"p99>1s", false}, {"p99>1s,loss>1%", true},
	    {"errors>5", true}, {"rate<1,conns<1", false}};
	struct threshold_list list;

	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++) {
		assert_null(threshold_parse(lists[i].text, &list));
		assert_int_equal(threshold_judges_loss(&list), lists[i].judges);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(conditions_are_read),
	    cmocka_unit_test(several_are_separated_by_commas),
	    cmocka_unit_test(what_is_no_condition_is_refused),
	    cmocka_unit_test(too_many_conditions_are_refused),
	    cmocka_unit_test(conditions_are_judged),
	    cmocka_unit_test(a_latency_without_answers_has_failed),
	    cmocka_unit_test(it_is_known_whether_losses_are_judged),
	};

	return cmocka_run_group_tests_name("threshold", tests, NULL, NULL);
}
