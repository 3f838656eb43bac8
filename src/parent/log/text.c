/* SPDX-License-Identifier: ISC */

#include "parent/log/text.h"

#include <string.h>

#include "common/clock.h"

enum {
	DIGITS_MAX = 20 /* of a 64-bit number */
};

struct text
text_in(char *buffer, size_t size)
{
	return (struct text){buffer, buffer, buffer + size, false};
}

size_t
text_length(const struct text *text)
{
	return (size_t)(text->at - text->start);
}

size_t
text_room(const struct text *text)
{
	return (size_t)(text->end - text->at);
}

void
text_put(struct text *text, const char *bytes, size_t count)
{
	if (count > text_room(text)) {
		count = text_room(text);
		text->truncated = true;
	}
	memcpy(text->at, bytes, count);
	text->at += count;
}

void
text_string(struct text *text, const char *string)
{
	text_put(text, string, strlen(string));
}

void
text_digits(struct text *text, uint64_t number, size_t least)
{
	char digits[DIGITS_MAX];
	size_t count = 0;

	do
		digits[DIGITS_MAX - ++count] = (char)('0' + number % 10);
	while ((number /= 10) != 0 || count < least);
	text_put(text, digits + DIGITS_MAX - count, count);
}

void
text_number(struct text *text, uint64_t number)
{
	text_digits(text, number, 1);
}

void
text_seconds(struct text *text, int64_t span)
{
	text_digits(text, (uint64_t)(span / SEC), 1);
	text_string(text, ".");
	text_digits(text, (uint64_t)(span % SEC / MSEC), 3);
}
