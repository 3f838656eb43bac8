/* SPDX-License-Identifier: ISC */

#include <string.h>
#include <syslog.h>
#include <time.h>

#include "common/clock.h"
#include "parent/log/json.h"
#include "parent/log/record.h"

enum {
	STAMP_SIZE = 32
};

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
	json_escape(text, value, length, RECORD_STRING_MAX);
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
	if (field_is_number(field)) {
		put_key(text, field->json);
		if (field_is_unknown(field, values))
			text_string(text, "null");
		else
			record_number(text, field, values);
		return;
	}
	put_member(text, field->json, field_string(field, values, false));
	if (field_port(field, values) != 0) {
		put_key(text, field->json_port);
		text_number(text, field_port(field, values));
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
	while (kind->id != NULL && (field = field_next(&at, values)) != NULL)
		put_json_field(text, field, values);
	record_text(&message, kind, values);
	put_key(text, "message");
	put_string(text, line, text_length(&message));
	text_string(text, "}");
}
