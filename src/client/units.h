/* SPDX-License-Identifier: ISC */

/*
 * Numbers as people write them on echoc's command line, and times as people
 * read them.  The parsers take decimal digits and at most one point, whatever
 * the locale, and nothing else: no sign, no exponent, no blanks.
 */

#ifndef UNITS_H
#define UNITS_H

#include <stdint.h>

enum {
	UNITS_STRLEN = 32
};

/*
 * Reads a span of time into nanoseconds, 0..max: "250us", "1.5ms", "30s",
 * "5m", "1h"; without a unit it is seconds, as ping(8) has it.  Returns NULL
 * or what is wrong; the result is then unchanged.
 */
const char *units_parse_span(const char *text, int64_t max, int64_t *span);

/* Reads a size in bytes, "64", "16k", "4M" or "1G" (powers of 1024). */
const char *units_parse_size(const char *text, uint64_t max, uint64_t *size);

/* Reads a plain number, "12" or "99.9"; suffix is text it may end with. */
const char *
units_parse_number(const char *text, const char *suffix, double *number);

/* Writes nanoseconds as "412 us", "0.214 ms" or "3.2 s" and returns buf. */
const char *units_format_span(double nanoseconds, char buf[UNITS_STRLEN]);

#endif
