/* SPDX-License-Identifier: ISC */

/*
 * Durations as people write them: a whole number and a unit, "500ms", "30s",
 * "5m" or "1h"; "0" needs no unit.
 */

#ifndef DURATION_H
#define DURATION_H

#include <stdint.h>

enum {
	DURATION_STRLEN =
	    24 /* the longest duration_format() writes, with NUL */
};

/*
 * Reads text into *span, in nanoseconds.  Returns NULL, or why the text is
 * not a duration between 0 and max; *span is then unchanged.
 */
const char *duration_parse(const char *text, int64_t max, int64_t *span);

/*
 * Writes span in the largest unit that loses nothing.  Spans that
 * duration_parse gave are whole milliseconds; anything finer is cut off.
 * Returns buf.
 */
const char *duration_format(int64_t span, char buf[DURATION_STRLEN]);

#endif
