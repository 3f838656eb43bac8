/* SPDX-License-Identifier: ISC */

#include "parent/log/json.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum {
	ESCAPE_SIZE = 8
};

/* The shapes of UTF-8 (RFC 3629): the first byte and the range of the second */
static const struct {
	uint8_t first_min, first_max, second_min, second_max;
	size_t length;
} shapes[] = {
    {0xc2, 0xdf, 0x80, 0xbf, 2},
    {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3},
    {0xed, 0xed, 0x80, 0x9f, 3},
    {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4},
    {0xf1, 0xf3, 0x80, 0xbf, 4},
    {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static bool
is_tail(const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if ((bytes[i] & 0xc0) != 0x80)
			return false;
	return true;
}

/* The length of the valid non-ASCII character that begins here, 0 = none */
static size_t
character_length(const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
		if (bytes[0] >= shapes[i].first_min &&
		    bytes[0] <= shapes[i].first_max)
			return shapes[i].length <= count &&
				       bytes[1] >= shapes[i].second_min &&
				       bytes[1] <= shapes[i].second_max &&
				       is_tail(bytes + 2, shapes[i].length - 2)
				   ? shapes[i].length
				   : 0;
	return 0;
}

static bool
is_plain(uint8_t byte)
{
	return byte >= ' ' && byte < 0x7f && byte != '"' && byte != '\\';
}

static size_t
escape(char buf[ESCAPE_SIZE], uint8_t byte)
{
	if (byte == '"' || byte == '\\')
		return (size_t)snprintf(buf, ESCAPE_SIZE, "\\%c", byte);
	return (size_t)snprintf(
	    buf, ESCAPE_SIZE, "\\u%04x", byte < 0x80 ? byte : 0xfffd);
}

void
json_escape(struct text *text, const char *string, size_t count, size_t max)
{
	const uint8_t *bytes = (const uint8_t *)string, *end = bytes + count;
	char escaped[ESCAPE_SIZE];

	while (bytes < end) {
		const char *part = (const char *)bytes;
		size_t taken = is_plain(*bytes) ? 1
						: character_length(bytes,
						      (size_t)(end - bytes));
		size_t length = taken;
		if (taken == 0) {
			taken = 1;
			length = escape(escaped, *bytes);
			part = escaped;
		}
		if (length > text_room(text))
			text->truncated = true;
		if (length > max || text->truncated)
			return;
		text_put(text, part, length);
		bytes += taken;
		max -= length;
	}
}
