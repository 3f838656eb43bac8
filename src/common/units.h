/* SPDX-License-Identifier: ISC */

/*
 * Counts, sizes and durations as people write them, for both programs.  One
 * table of units serves reading and writing.
 *
 * The parsers take decimal digits and, where it makes sense, one point,
 * whatever the locale, and nothing else: no sign, no exponent, no blanks.
 * They return NULL, or what is wrong with the text and the range where that
 * is it; this message stays until the next.  The result is then unchanged.
 */

#ifndef UNITS_H
#define UNITS_H

#include <stdint.h>

enum {
	UNITS_STRLEN = 32 /* the longest text written, with NUL */
};

/* Reads a whole number of min to max, both at least 0. */
const char *
units_parse_count(const char *text, int64_t min, int64_t max, int64_t *count);

/* Reads a size in bytes: "64", "16k", "1.5M" or "1G" (powers of 1024). */
const char *
units_parse_size(const char *text, int64_t min, int64_t max, int64_t *size);

/*
 * Reads a duration in nanoseconds: "500us", "1.5s", "5m" or "2h".  A number
 * without a unit is in bare ("s", say); where that is NULL, only 0 may do
 * without.  Anything finer is rounded to a nanosecond, but not to 0.
 */
const char *units_parse_span(const char *text, const char *bare, int64_t min,
    int64_t max, int64_t *span);

/*
 * Reads a plain number below 10^15, "12" or "99.9"; suffix is text it may end
 * with.
 */
const char *
units_parse_number(const char *text, const char *suffix, double *number);

/*
 * Write a value in the largest unit that loses nothing, so that the parsers
 * read the same: "1500ms", "16k".  Both return buf.
 */
const char *units_exact_size(int64_t size, char buf[UNITS_STRLEN]);
const char *units_exact_span(int64_t span, char buf[UNITS_STRLEN]);

/* Writes nanoseconds for people, "412 us" or "3.20 s", and returns buf. */
const char *units_format_span(double nanoseconds, char buf[UNITS_STRLEN]);

#endif
