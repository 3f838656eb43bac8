/* SPDX-License-Identifier: ISC */

#include "client/fields.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/units.h"

enum form {
	JSON,
	TEXT,
	SCALED /* a time with a unit of its own */
};

static const int decimals[][SCALED] = {
    [FIELD_COUNT] = {0, 0},
    [FIELD_ASKED] = {0, 0},
    [FIELD_REAL] = {6, 2},
    [FIELD_PERCENT] = {6, 0},
    [FIELD_SECONDS] = {9, 3},
    [FIELD_MS] = {6, 3},
};

static const char *const flags[][2] = {{"false", "true"}, {"not ok", "ok"}};

void
json_string(FILE *out, const char *text)
{
	if (text == NULL) {
		(void)fprintf(out, "null");
		return;
	}
	(void)putc('"', out);
	for (; *text != '\0'; text++)
		if (*text == '"' || *text == '\\')
			(void)fprintf(out, "\\%c", *text);
		else if ((unsigned char)*text < 0x20)
			(void)fprintf(out, "\\u%04x", (unsigned)*text);
		else
			(void)putc(*text, out);
	(void)putc('"', out);
}

/* The number in a member; -1 = none. */
static double
number_at(enum field_type type, const void *at)
{
	switch (type) {
	case FIELD_REAL:
	case FIELD_PERCENT:
		return *(const double *)at;
	case FIELD_SECONDS:
	case FIELD_MS:
		return (double)*(const int64_t *)at;
	case FIELD_ASKED:
		return *(const uint64_t *)at == 0
			   ? -1
			   : (double)*(const uint64_t *)at;
	default:
		return (double)*(const uint64_t *)at;
	}
}

static void
write_number(FILE *out, enum field_type type, enum form form, double number)
{
	char buf[UNITS_STRLEN];

	if (number < 0)
		(void)fputs(form == JSON ? "null" : "-", out);
	else if (form == SCALED)
		(void)fputs(units_format_span(number, buf), out);
	else if (form == TEXT && type == FIELD_PERCENT)
		(void)fprintf(out, "%.4g", number);
	else
		(void)fprintf(out, "%.*f", decimals[type][form],
		    number / (double)(type == FIELD_SECONDS ? SEC
				      : type == FIELD_MS    ? MSEC
							    : 1));
}

static void
write_value(
    FILE *out, const struct field *field, enum form form, const void *base)
{
	const void *at = (const char *)base + field->offset;
	const char *const *text = at;

	switch (field->type) {
	case FIELD_BYTE:
		(void)fprintf(
		    out, form == JSON ? "%u" : "0x%02x", *(const uint8_t *)at);
		return;
	case FIELD_FLAG:
		(void)fputs(flags[form != JSON][*(const bool *)at], out);
		return;
	case FIELD_TEXT:
		form == JSON ? json_string(out, *text)
			     : (void)fputs(*text, out);
		return;
	case FIELD_OTHER:
		(form == JSON ? field->json : field->text)(out, at);
		return;
	default:
		write_number(
		    out, field->type, form, number_at(field->type, at));
	}
}

static void
member_json(FILE *out, bool first, const struct field *field, const void *base)
{
	(void)fprintf(out, "%s\"%s\": ", first ? "" : ", ", field->name);
	write_value(out, field, JSON, base);
}

void
fields_json(
    FILE *out, const struct field *field, unsigned uses, const void *base)
{
	bool first = true;

	(void)putc('{', out);
	for (; field->name != NULL; field++)
		if ((field->uses & uses) == uses) {
			member_json(out, first, field, base);
			first = false;
		}
	(void)putc('}', out);
}

/* The field that the braces at this place of a template name. */
static const struct field *
field_in_braces(const struct field *field, const char *template)
{
	size_t length = strcspn(template + 1, "~:}");

	while (strlen(field->name) != length ||
	       strncmp(field->name, template + 1, length) != 0)
		field++;
	return field;
}

void
fields_json_named(FILE *out, const struct field *fields, const char *template,
    const void *base)
{
	bool first = true;

	(void)putc('{', out);
	while ((template = strchr(template, '{')) != NULL) {
		member_json(
		    out, first, field_in_braces(fields, template ++), base);
		first = false;
	}
	(void)putc('}', out);
}

/* Room for a number with its unit is enough: no other column is padded. */
static void
padded_text(FILE *out, int width, const struct field *field, enum form form,
    const void *base)
{
	char text[UNITS_STRLEN] = "";
	FILE *cell = fmemopen(text, sizeof text, "w");

	if (cell == NULL)
		return;
	write_value(cell, field, form, base);
	(void)fclose(cell);
	(void)fprintf(out, "%*s", width, text);
}

void
fields_text(FILE *out, const struct field *fields, const char *template,
    const void *base)
{
	for (; *template != '\0'; template ++) {
		if (*template != '{') {
			(void)putc(*template, out);
			continue;
		}
		const struct field *field = field_in_braces(fields, template);
		template += strcspn(template, "~:}");
		enum form form = *template == '~' ? SCALED : TEXT;
		template += form == SCALED;
		if (*template == ':')
			padded_text(out, (int)strtol(template + 1, NULL, 10),
			    field, form, base);
		else
			write_value(out, field, form, base);
		template += strcspn(template, "}");
	}
}
