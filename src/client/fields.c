/* SPDX-License-Identifier: ISC */

#include "client/fields.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/units.h"

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

static void
value_json(FILE *out, const struct field *field, const void *base)
{
	const void *at = (const char *)base + field->offset;
	const uint64_t *count = at;
	const int64_t *span = at;

	switch (field->type) {
	case FIELD_COUNT:
	case FIELD_ASKED:
		if (*count > 0 || field->type == FIELD_COUNT)
			(void)fprintf(out, "%" PRIu64, *count);
		else
			(void)fprintf(out, "null");
		return;
	case FIELD_REAL:
	case FIELD_PERCENT:
		(void)fprintf(out, "%.6f", *(const double *)at);
		return;
	case FIELD_SECONDS:
	case FIELD_SPAN:
		(void)fprintf(out, "%.9f", (double)*span / SEC);
		return;
	case FIELD_MS:
	case FIELD_LATENCY:
		if (*span < 0)
			(void)fprintf(out, "null");
		else
			(void)fprintf(out, "%.6f", (double)*span / MSEC);
		return;
	case FIELD_FLAG:
		(void)fprintf(out, *(const bool *)at ? "true" : "false");
		return;
	case FIELD_BYTE:
		(void)fprintf(out, "%u", *(const uint8_t *)at);
		return;
	case FIELD_TEXT:
		json_string(out, *(const char *const *)at);
		return;
	case FIELD_OTHER:
		field->json(out, at);
		return;
	}
}

static void
value_text(FILE *out, const struct field *field, const void *base)
{
	const void *at = (const char *)base + field->offset;
	const int64_t *span = at;
	char buf[UNITS_STRLEN];

	switch (field->type) {
	case FIELD_REAL:
		(void)fprintf(out, "%.2f", *(const double *)at);
		return;
	case FIELD_PERCENT:
		(void)fprintf(out, "%.4g", *(const double *)at);
		return;
	case FIELD_SECONDS:
		(void)fprintf(out, "%.3f", (double)*span / SEC);
		return;
	case FIELD_MS:
		(void)fprintf(out, "%.3f", (double)*span / MSEC);
		return;
	case FIELD_SPAN:
	case FIELD_LATENCY:
		(void)fprintf(out, "%s",
		    *span < 0 ? "-" : units_format_span((double)*span, buf));
		return;
	case FIELD_BYTE:
		(void)fprintf(out, "0x%02x", *(const uint8_t *)at);
		return;
	case FIELD_TEXT:
		(void)fprintf(out, "%s", *(const char *const *)at);
		return;
	case FIELD_OTHER:
		field->text(out, at);
		return;
	default:
		value_json(out, field, base);
		return;
	}
}

static void
member_json(FILE *out, bool first, const struct field *field, const void *base)
{
	(void)fprintf(out, "%s\"%s\": ", first ? "" : ", ", field->name);
	value_json(out, field, base);
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

/* The field in the braces that text begins with; width may be NULL. */
static const struct field *
field_in_braces(const struct field *field, const char *text, size_t *width)
{
	size_t length = strcspn(text + 1, ":}");

	*width = strtoul(text + 1 + length + 1, NULL, 10);
	while (strlen(field->name) != length ||
	       strncmp(field->name, text + 1, length) != 0)
		field++;
	return field;
}

void
fields_json_named(FILE *out, const struct field *fields, const char *template,
    const void *base)
{
	bool first = true;
	size_t width;

	(void)putc('{', out);
	while ((template = strchr(template, '{')) != NULL) {
		member_json(out, first,
		    field_in_braces(fields, template ++, &width), base);
		first = false;
	}
	(void)putc('}', out);
}

static void
padded_text(
    FILE *out, const struct field *field, size_t width, const void *base)
{
	char *text = NULL;
	size_t length = 0;
	FILE *memory = open_memstream(&text, &length);

	if (memory == NULL)
		return;
	value_text(memory, field, base);
	if (fclose(memory) == 0)
		(void)fprintf(out, "%*s", (int)width, text);
	free(text);
}

void
fields_text(FILE *out, const struct field *fields, const char *template,
    const void *base)
{
	size_t width;

	while (*template != '\0') {
		if (*template != '{') {
			(void)putc(*template ++, out);
			continue;
		}
		const struct field *field =
		    field_in_braces(fields, template, &width);
		if (width > 0)
			padded_text(out, field, width, base);
		else
			value_text(out, field, base);
		template = strchr(template, '}') + 1;
	}
}
