/* SPDX-License-Identifier: ISC */

#include "client/units.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"

struct unit {
	const char *name;
	double factor;
};

static const struct unit span_units[] = {
    {"", SEC},
    {"us", USEC},
    {"ms", MSEC},
    {"s", SEC},
    {"m", 60 * SEC},
    {"h", 3600 * SEC},
    {NULL, 0},
};

static const struct unit size_units[] = {
    {"", 1},
    {"k", 1024},
    {"K", 1024},
    {"M", 1024 * 1024},
    {"G", 1024 * 1024 * 1024},
    {NULL, 0},
};

enum {
	DIGITS_MAX = 15 /* what a double holds exactly */
};

/* Reads digits with at most one point; returns where they end, or NULL. */
static const char *
read_decimal(const char *text, double *number)
{
	double value = 0, scale = 1;
	unsigned digits = 0;
	bool point = false;

	for (; *text != '\0'; text++) {
		if (*text == '.' && !point) {
			point = true;
			continue;
		}
		if (*text < '0' || *text > '9')
			break;
		if (++digits > DIGITS_MAX)
			return NULL;
		value = value * 10 + (*text - '0');
		if (point)
			scale *= 10;
	}
	if (digits == 0)
		return NULL;
	*number = value / scale;
	return text;
}

static const char *
parse_with_unit(const char *text, const struct unit *units, double *number)
{
	double value;
	const char *end = read_decimal(text, &value);

	if (end == NULL)
		return "not a number";
	for (; units->name != NULL; units++)
		if (strcmp(units->name, end) == 0) {
			*number = value * units->factor;
			return NULL;
		}
	return "unknown unit";
}

const char *
units_parse_span(const char *text, int64_t max, int64_t *span)
{
	double value;
	const char *errstr = parse_with_unit(text, span_units, &value);

	if (errstr != NULL)
		return errstr[0] == 'u' ? "unknown unit (us, ms, s, m or h)"
					: "not a time (as in 0.2, 500ms, 30s)";
	if (value > (double)max)
		return "too large";
	*span = llround(value);
	return NULL;
}

const char *
units_parse_size(const char *text, uint64_t max, uint64_t *size)
{
	double value;
	const char *errstr = parse_with_unit(text, size_units, &value);

	if (errstr != NULL)
		return errstr[0] == 'u' ? "unknown unit (k, M or G)"
					: "not a size (as in 64, 16k, 4M)";
	if (value > (double)max)
		return "too large";
	if (value != floor(value))
		return "not a whole number of bytes";
	*size = (uint64_t)value;
	return NULL;
}

const char *
units_parse_number(const char *text, const char *suffix, double *number)
{
	double value;
	const char *end = read_decimal(text, &value);

	if (end == NULL)
		return "not a number";
	if (*end != '\0' && strcmp(end, suffix) != 0)
		return "junk after the number";
	*number = value;
	return NULL;
}

const char *
units_format_span(double nanoseconds, char buf[UNITS_STRLEN])
{
	static const struct unit shown[] = {
	    {"s", SEC}, {"ms", MSEC}, {"us", USEC}, {"ns", 1}};
	const struct unit *unit = shown;

	while (nanoseconds < unit->factor && unit->factor > 1)
		unit++;
	double value = nanoseconds / unit->factor;
	int decimals = value >= 100 ? 0 : value >= 10 ? 1 : 2;
	(void)snprintf(
	    buf, UNITS_STRLEN, "%.*f %s", decimals, value, unit->name);
	return buf;
}
