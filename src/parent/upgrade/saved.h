/* SPDX-License-Identifier: ISC */

/*
 * Writes and reads objects as lines of text, "kind name=value name=value".
 *
 * One table of fields serves both, so they cannot disagree.  The reader does
 * not trust its input: it checks each value's type and range.  The writer omits
 * fields that are zero.  The reader skips unknown names, so programs of
 * different versions understand each other.
 *
 * Runs in the parent, and knows nothing about the objects' meaning.
 */

#ifndef SAVED_H
#define SAVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/addr.h"

enum saved_type {
	SAVED_AS_BOOL,
	SAVED_AS_UINT8,
	SAVED_AS_UINT16,
	SAVED_AS_INT,
	SAVED_AS_UINT32,
	SAVED_AS_INT64,
	SAVED_AS_UINT64, /* up to INT64_MAX */
	SAVED_AS_ADDR,
	SAVED_AS_PREFIX,
	SAVED_AS_TEXT, /* an array; max is the longest length */
	SAVED_AS_FD /* an int: a descriptor that the next program inherits, or
		       -1 */
};

struct saved_field {
	const char *name;
	enum saved_type type;
	size_t offset; /* in the object */
	int64_t min, max;
};

struct saved_kind {
	const char *name;
	const struct saved_field *fields; /* the last has no name */
};

#define SAVED_TYPE(member)                                                     \
	_Generic((member), bool                                                \
		 : SAVED_AS_BOOL, uint8_t                                      \
		 : SAVED_AS_UINT8, uint16_t                                    \
		 : SAVED_AS_UINT16, int                                        \
		 : SAVED_AS_INT, unsigned                                      \
		 : SAVED_AS_UINT32, int64_t                                    \
		 : SAVED_AS_INT64, uint64_t                                    \
		 : SAVED_AS_UINT64, struct addr                                \
		 : SAVED_AS_ADDR, struct prefix                                \
		 : SAVED_AS_PREFIX)

/* Rows of a table of fields: a struct's member, with the range of a number. */
#define SAVED_RANGE(name_, struct_, member_, min_, max_)                       \
	{                                                                      \
		.name = (name_), .type = SAVED_TYPE(((struct_ *)0)->member_),  \
		.offset = offsetof(struct_, member_), .min = (min_),           \
		.max = (max_)                                                  \
	}
#define SAVED(name_, struct_, member_)                                         \
	SAVED_RANGE(name_, struct_, member_, 0, INT64_MAX)
#define SAVED_TEXT(name_, struct_, member_)                                    \
	{                                                                      \
		.name = (name_), .type = SAVED_AS_TEXT,                        \
		.offset = offsetof(struct_, member_),                          \
		.max = sizeof(((struct_ *)0)->member_) - 1                     \
	}
#define SAVED_FD(name_, struct_, member_)                                      \
	{                                                                      \
		.name = (name_), .type = SAVED_AS_FD,                          \
		.offset = offsetof(struct_, member_)                           \
	}

/* Writes a line; the caller checks the file for errors. */
void saved_write(FILE *, const struct saved_kind *, const void *object);

/* Whether the line describes an object of that kind. */
bool saved_is(const struct saved_kind *, const char *line);

/*
 * Reads the line, and changes its text.  Fields that are not in it keep their
 * values.  Returns NULL, or the name of the wrong field.
 */
const char *saved_read(const struct saved_kind *, char *line, void *object);

/* Sets whether execve(2) keeps the object's descriptors.  False with errno. */
bool saved_keep(const struct saved_kind *, const void *object, bool keep);

#endif
