/* SPDX-License-Identifier: ISC */

#include "common/value.h"

#include <inttypes.h>
#include <string.h>

#include <bsd/string.h>

#include "common/units.h"

static bool
numbers_equal(const void *a, const void *b)
{
	return *(const int64_t *)a == *(const int64_t *)b;
}

static void
clear_nothing(void *value)
{
	(void)value;
}

/* ---- numbers --------------------------------------------------------------
 */

static const char *
count_parse(void *value, const char *text, const struct range *range)
{
	return units_parse_count(text, range->min, range->max, value);
}

static void
count_print(
    FILE *out, const char *name, const void *value, const struct range *range)
{
	(void)range;
	(void)fprintf(out, "%s = %" PRId64 "\n", name, *(const int64_t *)value);
}

const struct type type_count = {
    .size = sizeof(int64_t),
    .parse = count_parse,
    .print = count_print,
    .equal = numbers_equal,
    .clear = clear_nothing,
};

static const char *
size_parse(void *value, const char *text, const struct range *range)
{
	return units_parse_size(text, range->min, range->max, value);
}

static void
size_print(
    FILE *out, const char *name, const void *value, const struct range *range)
{
	char buf[UNITS_STRLEN];

	(void)range;
	(void)fprintf(out, "%s = %s\n", name,
	    units_exact_size(*(const int64_t *)value, buf));
}

const struct type type_size = {
    .size = sizeof(int64_t),
    .parse = size_parse,
    .print = size_print,
    .equal = numbers_equal,
    .clear = clear_nothing,
};

static const char *
span_parse(void *value, const char *text, const struct range *range)
{
	return units_parse_span(
	    text, range->unit, range->min, range->max, value);
}

static void
span_print(
    FILE *out, const char *name, const void *value, const struct range *range)
{
	char buf[UNITS_STRLEN];

	(void)range;
	(void)fprintf(out, "%s = %s\n", name,
	    units_exact_span(*(const int64_t *)value, buf));
}

const struct type type_span = {
    .size = sizeof(int64_t),
    .parse = span_parse,
    .print = span_print,
    .equal = numbers_equal,
    .clear = clear_nothing,
};

/* ---- one of several words -------------------------------------------------
 */

static const char *
list_choices(const struct choice *choices)
{
	static char message[128];

	(void)strlcpy(message, "not one of", sizeof message);
	for (const struct choice *c = choices; c->name != NULL; c++) {
		(void)strlcat(
		    message, c == choices ? " " : ", ", sizeof message);
		(void)strlcat(message, c->name, sizeof message);
	}
	return message;
}

static const char *
choice_parse(void *value, const char *text, const struct range *range)
{
	for (const struct choice *c = range->choices; c->name != NULL; c++)
		if (strcmp(c->name, text) == 0) {
			*(int64_t *)value = c->value;
			return NULL;
		}
	return list_choices(range->choices);
}

static void
choice_print(
    FILE *out, const char *name, const void *value, const struct range *range)
{
	for (const struct choice *c = range->choices; c->name != NULL; c++)
		if (c->value == *(const int64_t *)value)
			(void)fprintf(out, "%s = %s\n", name, c->name);
}

const struct type type_choice = {
    .size = sizeof(int64_t),
    .parse = choice_parse,
    .print = choice_print,
    .equal = numbers_equal,
    .clear = clear_nothing,
};

/* ---- of options only ------------------------------------------------------
 */

static const char *
flag_parse(void *value, const char *text, const struct range *range)
{
	(void)text;
	(void)range;
	*(bool *)value = true;
	return NULL;
}

const struct type type_flag = {.size = sizeof(bool), .parse = flag_parse};

static const char *
set_parse(void *value, const char *text, const struct range *range)
{
	(void)text;
	*(int *)value = (int)range->min;
	return NULL;
}

const struct type type_set = {.size = sizeof(int), .parse = set_parse};

static const char *
word_parse(void *value, const char *text, const struct range *range)
{
	(void)range;
	*(const char **)value = text;
	return NULL;
}

const struct type type_word = {
    .size = sizeof(const char *), .parse = word_parse};
