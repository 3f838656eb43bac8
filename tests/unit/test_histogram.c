/* SPDX-License-Identifier: ISC */

#include <math.h>
#include <stdlib.h>

#include "../support/unit.h"
#include "client/histogram.h"

enum {
	VALUES = 100000
};

/* One part in 256, and what doubles lose. */
static const double error_max = 1 / 255.0;

static void
require_close(double found, double wanted)
{
	if (fabs(found - wanted) > wanted * error_max + 0.5)
		fail_msg("%g instead of %g", found, wanted);
}

static struct histogram *
empty(void **state)
{
	struct histogram *h = *state;

	memset(h, 0, sizeof *h);
	return h;
}

static void
an_empty_one_is_all_zero(void **state)
{
	struct histogram *h = empty(state);

	assert_true(histogram_percentile(h, 99) <= 0);
	assert_true(histogram_mean(h) <= 0);
	assert_true(histogram_deviation(h) <= 0);
}

static void
one_value_is_every_percentile_exactly(void **state)
{
	static const int64_t values[] = {0, 1, 127, 128, 255, 256, 257, 1000003,
	    INT64_C(123456789012), (INT64_C(1) << 44) - 1};

	for (size_t i = 0; i < COUNT(values); i++) {
		struct histogram *h = empty(state);
		histogram_record(h, values[i]);
		for (double p = 0; p <= 100; p += 12.5)
			assert_int_equal(
			    (int64_t)histogram_percentile(h, p), values[i]);
	}
}

static void
any_value_is_known_to_less_than_a_percent(void **state)
{
	for (double v = 1; v < 1.7e13; v *= 1.0037) {
		struct histogram *h = empty(state);
		int64_t value = (int64_t)v;

		/* two more, so that the middle one is not the exact end */
		histogram_record(h, 0);
		histogram_record(h, value);
		histogram_record(h, INT64_MAX);
		require_close(histogram_percentile(h, 50), (double)value);
	}
}

static void
buckets_follow_each_other_without_gap_or_overlap(void **state)
{
	struct histogram *h = empty(state);

	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		int64_t floor_of_next = histogram_bucket_floor(i + 1);
		assert_true(histogram_bucket_floor(i) < floor_of_next);
		histogram_record(h, histogram_bucket_floor(i));
		histogram_record(h, floor_of_next - 1);
		assert_int_equal(h->buckets[i], 2);
	}
	assert_int_equal(histogram_bucket_floor(HISTOGRAM_BUCKETS),
	    INT64_C(1) << HISTOGRAM_VALUE_BITS);
}

static void
values_out_of_range_count_at_the_ends(void **state)
{
	struct histogram *h = empty(state);

	histogram_record(h, -5);
	histogram_record(h, INT64_MAX);
	assert_int_equal(h->min, 0);
	assert_int_equal(h->buckets[0], 1);
	assert_int_equal(h->buckets[HISTOGRAM_BUCKETS - 1], 1);
}

static int
compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Spread over nine powers of ten, the same in every run. */
static void
make_values(int64_t *values)
{
	uint64_t seed = 1;

	for (size_t i = 0; i < VALUES; i++) {
		seed =
		    seed * UINT64_C(6364136223846793005) + 1442695040888963407;
		values[i] = (int64_t)pow(
		    10, 1 + 9 * (double)(seed >> 11) / 9007199254740992.0);
	}
}

static void
percentiles_agree_with_sorting(void **state)
{
	static const double percents[] = {
	    0.1, 1, 10, 25, 50, 75, 90, 99, 99.9, 99.99};
	struct histogram *h = empty(state);
	int64_t *values = calloc(VALUES, sizeof *values);

	assert_non_null(values);
	make_values(values);
	for (size_t i = 0; i < VALUES; i++)
		histogram_record(h, values[i]);
	qsort(values, VALUES, sizeof *values, compare);
	for (size_t i = 0; i < COUNT(percents); i++) {
		size_t rank = (size_t)ceil(percents[i] / 100 * VALUES);
		require_close(histogram_percentile(h, percents[i]),
		    (double)values[rank - 1]);
	}
	assert_int_equal(h->min, values[0]);
	assert_int_equal(h->max, values[VALUES - 1]);
	assert_true(histogram_percentile(h, 100) >= (double)h->max);
	free(values);
}

static void
mean_and_deviation_are_exact(void **state)
{
	struct histogram *h = empty(state);
	static const int64_t values[] = {2, 4, 4, 4, 5, 5, 7, 9};

	for (size_t i = 0; i < COUNT(values); i++)
		histogram_record(h, values[i] * 1000000);
	assert_true(fabs(histogram_mean(h) - 5e6) < 1e-3);
	assert_true(fabs(histogram_deviation(h) - 2e6) < 1);
}

static void
merging_is_recording_all_in_one(void **state)
{
	static struct histogram parts[3], together;
	struct histogram *h = empty(state);

	for (int64_t i = 1; i < 3000; i++) {
		histogram_record(&parts[i % 3], i * i);
		histogram_record(h, i * i);
	}
	for (size_t i = 0; i < COUNT(parts); i++)
		histogram_merge(&together, &parts[i]);
	assert_int_equal(together.count, h->count);
	assert_int_equal(together.min, h->min);
	assert_int_equal(together.max, h->max);
	assert_memory_equal(together.buckets, h->buckets, sizeof h->buckets);
	assert_true(fabs(together.sum - h->sum) < 1);
}

static void
merging_an_empty_one_changes_nothing(void **state)
{
	static const struct histogram nothing;
	static struct histogram before;
	struct histogram *h = empty(state);

	histogram_record(h, 77);
	before = *h;
	histogram_merge(h, &nothing);
	assert_memory_equal(h, &before, sizeof before);
}

int
main(void)
{
	static struct histogram room;
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_prestate(an_empty_one_is_all_zero, &room),
	    cmocka_unit_test_prestate(
		one_value_is_every_percentile_exactly, &room),
	    cmocka_unit_test_prestate(
		any_value_is_known_to_less_than_a_percent, &room),
	    cmocka_unit_test_prestate(
		buckets_follow_each_other_without_gap_or_overlap, &room),
	    cmocka_unit_test_prestate(
		values_out_of_range_count_at_the_ends, &room),
	    cmocka_unit_test_prestate(percentiles_agree_with_sorting, &room),
	    cmocka_unit_test_prestate(mean_and_deviation_are_exact, &room),
	    cmocka_unit_test_prestate(merging_is_recording_all_in_one, &room),
	    cmocka_unit_test_prestate(
		merging_an_empty_one_changes_nothing, &room),
	};

	return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
