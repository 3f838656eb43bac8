/* SPDX-License-Identifier: ISC */

#include "common/units.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <bsd/stdlib.h>

#include "common/clock.h"

/* Largest first; the last one has the factor 1. */
struct unit {
	const char *name;
	int64_t factor;
	char first; /* of another accepted name, 0 = none */
};

static const struct unit span_units[] = {
    {"h", 3600 * SEC, 0},
    {"m", 60 * SEC, 0},
    {"s", SEC, 0},
    {"ms", MSEC, 0},
    {"us", USEC, 0},
    {"ns", 1, 0},
};

enum {
	SECONDS = 2 /* in the table above */
};

static const struct unit size_units[] = {
    {"G", INT64_C(1) << 30, 0},
    {"M", INT64_C(1) << 20, 0},
    {"k", 1024, 'K'},
    {"", 1, 0},
};

/* The name of a quantity in messages, and how its range is written. */
struct quantity {
	const struct unit *units;
	const char *(*write)(int64_t, char buf[UNITS_STRLEN]);
	const char *example;
	const char *names;
};

static const struct quantity sizes = {
    .units = size_units,
    .write = units_exact_size,
    .example = "not a size (as in 64, 16k, 4M)",
    .names = "k, M or G",
};

static const struct quantity spans = {
    .units = span_units,
    .write = units_exact_span,
    .example = "not a duration (as in 500us, 1.5s, 5m, 2h)",
    .names = "us, ms, s, m or h",
};

#define NUMBER_END 1e15 /* a double is not exact beyond this */

static char message[96];

static const char *
must_be(const char *min, const char *max)
{
	if (max == NULL)
		(void)snprintf(
		    message, sizeof message, "must be at least %s", min);
	else
		(void)snprintf(
		    message, sizeof message, "must be %s to %s", min, max);
	return message;
}

const char *
units_parse_count(const char *text, int64_t min, int64_t max, int64_t *count)
{
	char lowest[UNITS_STRLEN], highest[UNITS_STRLEN];
	const char *errstr;

	if (text[0] == '\0' || text[strspn(text, "0123456789")] != '\0')
		return "not a whole number";
	int64_t number = strtonum(text, min, max, &errstr);
	if (errstr == NULL) {
		*count = number;
		return NULL;
	}
	(void)snprintf(lowest, sizeof lowest, "%" PRId64, min);
	(void)snprintf(highest, sizeof highest, "%" PRId64, max);
	return must_be(lowest, max == INT64_MAX ? NULL : highest);
}

/* Reads digits with at most one point; returns their end, or NULL. */
static const char *
read_decimal(const char *text, double *number)
{
	double value = 0, scale = 1;
	bool digits = false, point = false;

	for (; *text != '\0'; text++) {
		if (*text == '.' && !point) {
			point = true;
			continue;
		}
		if (*text < '0' || *text > '9')
			break;
		digits = true;
		value = value * 10 + (*text - '0');
		if (point)
			scale *= 10;
	}
	if (!digits)
		return NULL;
	*number = value / scale;
	return text;
}

static const struct unit *
find_unit(const struct unit *units, const char *name)
{
	const struct unit *unit = units;

	while (strcmp(unit->name, name) != 0 &&
	       (unit->first == 0 || name[0] != unit->first || name[1] != '\0'))
		if (unit++->factor == 1)
			return NULL;
	return unit;
}

/* Reads a number and its unit; the product may be larger than any int64_t. */
static const char *
read_product(const char *text, const struct quantity *quantity,
    const char *bare, double *product)
{
	double number;
	const char *name = read_decimal(text, &number);

	if (name == NULL)
		return quantity->example;
	if (*name == '\0' && (bare != NULL || number <= 0))
		name = bare != NULL ? bare : "s";
	const struct unit *unit = find_unit(quantity->units, name);
	if (unit == NULL) {
		(void)snprintf(message, sizeof message, "%s: %s",
		    bare != NULL ? "unknown unit" : "needs a unit",
		    quantity->names);
		return message;
	}
	*product = number * (double)unit->factor;
	return NULL;
}

static const char *
check_range(double product, const struct quantity *quantity, int64_t min,
    int64_t max, int64_t *value)
{
	char lowest[UNITS_STRLEN], highest[UNITS_STRLEN];

	if (product < 0x1p63) { /* false for NaN as well */
		int64_t rounded = (int64_t)(product + 0.5);
		if (rounded == 0 && product > 0)
			rounded = 1;
		if (rounded >= min && rounded <= max) {
			*value = rounded;
			return NULL;
		}
	}
	return must_be(quantity->write(min, lowest),
	    max == INT64_MAX ? NULL : quantity->write(max, highest));
}

const char *
units_parse_span(
    const char *text, const char *bare, int64_t min, int64_t max, int64_t *span)
{
	double product;
	const char *errstr = read_product(text, &spans, bare, &product);

	if (errstr != NULL)
		return errstr;
	return check_range(product, &spans, min, max, span);
}

const char *
units_parse_size(const char *text, int64_t min, int64_t max, int64_t *size)
{
	double product;
	int64_t bytes;
	const char *errstr = read_product(text, &sizes, "", &product);

	if (errstr != NULL ||
	    (errstr = check_range(product, &sizes, min, max, &bytes)) != NULL)
		return errstr;
	if (product < (double)bytes || product > (double)bytes)
		return "not a whole number of bytes";
	*size = bytes;
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
	if (!(value < NUMBER_END)) /* true for NaN as well */
		return "too large";
	*number = value;
	return NULL;
}

static const char *
write_exactly(int64_t value, const struct unit *unit, char buf[UNITS_STRLEN])
{
	while (value % unit->factor != 0)
		unit++;
	(void)snprintf(buf, UNITS_STRLEN, "%" PRId64 "%s", value / unit->factor,
	    value == 0 ? "" : unit->name);
	return buf;
}

const char *
units_exact_size(int64_t size, char buf[UNITS_STRLEN])
{
	return write_exactly(size, size_units, buf);
}

const char *
units_exact_span(int64_t span, char buf[UNITS_STRLEN])
{
	return write_exactly(span, span_units, buf);
}

const char *
units_format_span(double nanoseconds, char buf[UNITS_STRLEN])
{
	const struct unit *unit = &span_units[SECONDS];

	while (nanoseconds < (double)unit->factor && unit->factor > 1)
		unit++;
	double value = nanoseconds / (double)unit->factor;
	int decimals = value >= 100 ? 0 : value >= 10 ? 1 : 2;
	(void)snprintf(
	    buf, UNITS_STRLEN, "%.*f %s", decimals, value, unit->name);
	return buf;
}
