/* SPDX-License-Identifier: ISC */

/* Runs in the parent. */

#include "parent/log/record.h"

#include <string.h>
#include <syslog.h>
#include <time.h>

#include "common/clock.h"
#include "parent/log/json.h"

enum {
	STAMP_SIZE = 32,
	STRING_MAX = 1200 /* of one value, so that all have room */
};

/* ---- values ------------------------------------------------------------- */

static const void *
member(const struct field *field, const struct fields *values)
{
	return (const char *)values + field->offset;
}

static uint64_t
number(const struct field *field, const struct fields *values)
{
	return *(const uint64_t *)member(field, values);
}

static const struct client_name *
client(const struct field *field, const struct fields *values)
{
	return *(const struct client_name *const *)member(field, values);
}

/* The value of a field that is not a number. */
static const char *
string(const struct field *field, const struct fields *values, bool whole)
{
	if (field_is_empty(field, values))
		return "-";
	if (field->type == FIELD_CLIENT)
		return whole ? client(field, values)->whole
			     : client(field, values)->host;
	return *(const char *const *)member(field, values);
}

static bool
is_number(const struct field *field)
{
	return field->type >= FIELD_NUMBER;
}

/* The port of a client or proxy, which is a field of its own; 0 = none. */
static uint64_t
port(const struct field *field, const struct fields *values)
{
	return field->type == FIELD_CLIENT ? client(field, values)->port : 0;
}

static bool
is_unknown(const struct field *field, uint64_t value)
{
	return field->type == FIELD_BYTES && value == BYTES_UNKNOWN;
}

static void
put_number(struct text *text, const struct field *field, uint64_t value)
{
	if (field->type == FIELD_SECONDS)
		text_seconds(text, (int64_t)value);
	else if (is_unknown(field, value))
		text_string(text, "unknown");
	else if (field->type == FIELD_PERIOD)
		text_number(text, value / SEC);
	else
		text_number(text, value);
}

/* A value ends with its line. */
static void
put_line(struct text *text, const char *value)
{
	char *from = text->at;

	text_put(text, value, strnlen(value, STRING_MAX));
	for (; from < text->at; from++)
		if ((unsigned char)*from < ' ')
			*from = ' ';
}

/* The next field of a kind that has a value here, or NULL. */
static const struct field *
next_field(const char **at, const struct fields *values)
{
	const char *mark = *at;

	while ((mark = strpbrk(mark, "%[")) != NULL) {
		const struct field *field = field_of_letter(mark[1]);
		if (*mark == '%') {
			*at = mark + 2;
			return field;
		}
		mark += field_is_empty(field, values) ? strcspn(mark, "]") : 2;
	}
	return NULL;
}

/* ---- text --------------------------------------------------------------- */

static void
put_field(
    struct text *text, const struct field *field, const struct fields *values)
{
	if (is_number(field))
		put_number(text, field, number(field, values));
	else
		put_line(text, string(field, values, true));
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
		text->cut = part.cut;
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
	if (is_number(field))
		put_number(text, field, number(field, values));
	else
		put_line(text, string(field, values, false));
	text_string(text, "\n");
	if (port(field, values) != 0)
		put_number_pair(text, field->journal_port, port(field, values));
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
	while ((field = next_field(&at, values)) != NULL)
		put_journal_field(text, field, values);
}

/* ---- JSON --------------------------------------------------------------- */

static const char *
level_name(int level)
{
	static const char *const names[] = {
	    [LOG_ERR] = "error",
	    [LOG_WARNING] = "warning",
	    [LOG_NOTICE] = "notice",
	    [LOG_INFO] = "info",
	    [LOG_DEBUG] = "debug",
	};

	return names[level];
}

static void
put_key(struct text *text, const char *name)
{
	text_string(text, ",\"");
	text_string(text, name);
	text_string(text, "\":");
}

static void
put_string(struct text *text, const char *value, size_t length)
{
	text_string(text, "\"");
	json_escape(text, value, length, STRING_MAX);
	text_string(text, "\"");
}

static void
put_member(struct text *text, const char *name, const char *value)
{
	put_key(text, name);
	put_string(text, value, strlen(value));
}

static void
put_json_field(
    struct text *text, const struct field *field, const struct fields *values)
{
	if (is_number(field)) {
		put_key(text, field->json);
		if (is_unknown(field, number(field, values)))
			text_string(text, "null");
		else
			put_number(text, field, number(field, values));
		return;
	}
	put_member(text, field->json, string(field, values, false));
	if (port(field, values) != 0) {
		put_key(text, field->json_port);
		text_number(text, port(field, values));
	}
}

/* RFC 3339 */
static void
put_time(struct text *text)
{
	char stamp[STAMP_SIZE];
	struct timespec now;
	struct tm tm;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &tm);
	text_put(text, stamp, strftime(stamp, sizeof stamp, "%FT%T", &tm));
	text_string(text, ".");
	text_digits(text, (uint64_t)(now.tv_nsec / USEC), 6);
	text_string(text, "Z");
}

void
record_json(struct text *text, int level, const struct line_kind *kind,
    const struct fields *values)
{
	char line[RECORD_TEXT_MAX];
	struct text message = text_in(line, sizeof line);
	const char *at = kind->text;
	const struct field *field;

	text_string(text, "{\"time\":\"");
	put_time(text);
	text_string(text, "\"");
	put_member(text, "level", level_name(level));
	put_member(text, "event", kind->name);
	while (kind->id != NULL && (field = next_field(&at, values)) != NULL)
		put_json_field(text, field, values);
	record_text(&message, kind, values);
	put_key(text, "message");
	put_string(text, line, text_length(&message));
	text_string(text, "}");
}
