/* SPDX-License-Identifier: ISC */

/*
 * The conditions of --fail-if, and the numbers in them.  Whatever is accepted
 * can be judged, and its text, which is kept without blanks, is accepted
 * again with the same meaning.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/threshold.h"
#include "common/clock.h"
#include "common/units.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool good)
{
	if (!good)
		abort();
}

static void
check_condition(const struct threshold *t)
{
	static struct histogram latency;
	const struct measurements measured = {
	    .latency = &latency, .loss = 1, .rate = 1000};
	static struct threshold_list again;

	if (latency.count == 0)
		histogram_record(&latency, MSEC);
	require(t->limit >= 0 && t->percentile >= 0 && t->percentile <= 100);
	require(memchr(t->text, '\0', sizeof t->text) != NULL);
	require(threshold_parse(t->text, &again) == NULL && again.count == 1);
	require(again.items[0].metric == t->metric &&
		again.items[0].above == t->above &&
		again.items[0].equal == t->equal);
	require(threshold_failed(t, &measured) ==
		threshold_failed(&again.items[0], &measured));
}

static void
check_numbers(const char *text)
{
	const int64_t max = 3600 * SEC;
	int64_t span;
	int64_t bytes;
	double number;
	char buf[UNITS_STRLEN];

	if (units_parse_span(text, "s", 0, max, &span) == NULL) {
		require(span >= 0 && span <= max);
		require(units_format_span((double)span, buf) == buf);
	}
	if (units_parse_size(text, 0, 1 << 30, &bytes) == NULL)
		require(bytes <= 1 << 30);
	if (units_parse_number(text, "%", &number) == NULL)
		require(number >= 0 && number < 1e16);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct threshold_list list;
	char *text = malloc(size + 1);

	require(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	if (threshold_parse(text, &list) == NULL) {
		require(list.count > 0 && list.count <= THRESHOLDS_MAX);
		for (size_t i = 0; i < list.count; i++)
			check_condition(&list.items[i]);
	}
	check_numbers(text);
	free(text);
	return 0;
}
