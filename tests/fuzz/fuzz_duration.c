/* SPDX-License-Identifier: ISC */

/*
 * The parser of durations.  The input is the maximum, eight bytes, and the
 * text.  What is accepted lies within 0 and the maximum, and written and read
 * back it is the same.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/units.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool good)
{
	if (!good)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int64_t max, span = -1, again = -1;
	char buf[UNITS_STRLEN];

	if (size < sizeof max)
		return 0;
	memcpy(&max, data, sizeof max);
	max &= INT64_MAX;
	char *text =
	    strndup((const char *)data + sizeof max, size - sizeof max);
	require(text != NULL);
	if (units_parse_span(text, NULL, 0, max, &span) == NULL) {
		require(span >= 0 && span <= max);
		(void)units_exact_span(span, buf);
		if (span <= INT64_C(1) << 53) { /* exact in a double */
			require(units_parse_span(
				    buf, NULL, 0, INT64_MAX, &again) == NULL);
			require(again == span);
		}
	} else {
		require(span == -1);
	}
	(void)units_exact_span(max, buf);
	require(strlen(buf) < sizeof buf);
	free(text);
	return 0;
}
