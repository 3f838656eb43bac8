/* SPDX-License-Identifier: ISC */

#include "parent/log/record.h"

#include <string.h>

#include "common/clock.h"

void
record_number(
    struct text *text, const struct field *field, const struct fields *values)
{
	uint64_t value = field_number(field, values);

	if (field->type == FIELD_SECONDS)
		text_seconds(text, (int64_t)value);
	else if (field_is_unknown(field, values))
		text_string(text, "unknown");
	else if (field->type == FIELD_PERIOD)
		text_number(text, value / SEC);
	else
		text_number(text, value);
}

/* A newline in a value would end the entry's field. */
static void
put_line(struct text *text, const char *value)
{
	char *from = text->at;

	text_put(text, value, strnlen(value, RECORD_STRING_MAX));
	for (; from < text->at; from++)
		if ((unsigned char)*from < ' ')
			*from = ' ';
}

/* ---- text --------------------------------------------------------------- */

static void
put_field(
    struct text *text, const struct field *field, const struct fields *values)
{
	if (field_is_number(field))
		record_number(text, field, values);
	else
		put_line(text, field_string(field, values, true));
}

static void
put_text(struct text *text, const char *form, const struct fields *values)
{
	const struct field *field;

	for (;;) {
		size_t literal = strcspn(form, "%[]");
		text_put(text, form, literal);
		form += literal;
		switch (*form++) {
		case '\0':
			return;
		case '[':
			field = field_of_letter(*form++);
			if (field_is_empty(field, values))
				form += strcspn(form, "]");
			break;
		case '%':
			put_field(text, field_of_letter(*form++), values);
			break;
		default: /* the end of a part */
			break;
		}
	}
}

void
record_text(struct text *text, const struct line_kind *kind,
    const struct fields *values)
{
	struct text part = *text;

	if (text_room(&part) > RECORD_TEXT_MAX)
		part.end = part.at + RECORD_TEXT_MAX;
	put_text(&part, kind->text, values);
	text->at = part.at;
	if (part.end == text->end)
		text->truncated = part.truncated;
}

/* ---- the journal -------------------------------------------------------- */

static void
put_pair(struct text *text, const char *name, const char *value)
{
	text_string(text, name);
	text_string(text, "=");
	put_line(text, value);
	text_string(text, "\n");
}

static void
put_number_pair(struct text *text, const char *name, uint64_t value)
{
	text_string(text, name);
	text_string(text, "=");
	text_number(text, value);
	text_string(text, "\n");
}

static void
put_journal_field(
    struct text *text, const struct field *field, const struct fields *values)
{
	text_string(text, field->journal);
	text_string(text, "=");
	if (field_is_number(field))
		record_number(text, field, values);
	else
		put_line(text, field_string(field, values, false));
	text_string(text, "\n");
	if (field_port(field, values) != 0)
		put_number_pair(
		    text, field->journal_port, field_port(field, values));
}

void
record_journal(struct text *text, int level, const struct line_kind *kind,
    const struct fields *values)
{
	const char *at = kind->text;
	const struct field *field;

	text_string(text, "MESSAGE=");
	record_text(text, kind, values);
	text_string(text, "\n");
	put_number_pair(text, "PRIORITY", (uint64_t)level);
	put_pair(text, "SYSLOG_IDENTIFIER", "echod");
	if (kind->id == NULL)
		return;
	put_pair(text, "MESSAGE_ID", kind->id);
	while ((field = field_next(&at, values)) != NULL)
		put_journal_field(text, field, values);
}
