/* SPDX-License-Identifier: ISC */

/*
 * Builds text in a buffer of fixed size, without printf(3) and without NUL.
 * What does not fit is omitted, and truncated is set.
 */

#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *start, *at, *end;
	bool truncated; /* some text did not fit */
};

struct text text_in(char *buffer, size_t size);
size_t text_length(const struct text *);
size_t text_room(const struct text *);

void text_put(struct text *, const char *bytes, size_t count);
void text_string(struct text *, const char *);
void text_number(struct text *, uint64_t);

/* The number with at least so many digits. */
void text_digits(struct text *, uint64_t number, size_t least);

/* ns as seconds, truncated to milliseconds: "12.345" */
void text_seconds(struct text *, int64_t);

#endif
