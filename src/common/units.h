/* SPDX-License-Identifier: ISC */

/*
 * Counts, sizes and durations with their units, for both programs.  One table
 * of units serves reading and writing.
 *
 * The parsers accept decimal digits and, except in counts, one point, in every
 * locale: no sign, no exponent, no blanks.  They return NULL on success.  On
 * failure they return the error, with the range if the value is outside it, and
 * leave the result unchanged; the message is valid until the next one.
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
 * without a unit is in the unit bare, such as "s"; if that is NULL, only 0
 * needs no unit.  Rounds to a nanosecond, but never to 0.
 */
const char *units_parse_span(const char *text, const char *bare, int64_t min,
    int64_t max, int64_t *span);

/*
 * Reads a number below 10^15, such as "12" or "99.9", which may end with
 * suffix.
 */
const char *
units_parse_number(const char *text, const char *suffix, double *number);

/*
 * Write a value in the largest unit that is exact, so that the parsers read the
 * same value: "1500ms", "16k".  Both return buf.
 */
const char *units_exact_size(int64_t size, char buf[UNITS_STRLEN]);
const char *units_exact_span(int64_t span, char buf[UNITS_STRLEN]);

/* Writes nanoseconds for people, "412 us" or "3.20 s", and returns buf. */
const char *units_format_span(double nanoseconds, char buf[UNITS_STRLEN]);

#endif
