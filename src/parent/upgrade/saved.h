/* SPDX-License-Identifier: ISC */

/*
 * Saved objects, as lines of text, "kind name=value name=value".
 *
 * A table of fields says how an object is written and how it is read back, so
 * the two cannot disagree.  The reader takes its input for hostile: each value
 * is checked for its type and range.  Fields that are zero are not written,
 * and the reader starts from zeroes.  It skips names that it does not know, so
 * programs of different versions understand each other.
 *
 * Runs in the parent; nothing here knows what the objects are for.
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
	SAVED_AS_TEXT, /* an array; max is the length of the longest text */
	SAVED_AS_FD    /* an int: a descriptor that goes along, or -1 */
};

struct saved_field {
	const char *name;
	enum saved_type type;
	size_t offset; /* in the object */
	int64_t min, max;
};

struct saved_kind {
	const char *name;
	const struct saved_field *fields; /* ends with one that has no name */
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

/* The rows of a table: member of a struct, with the range of a number. */
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

/* Errors of the file are the caller's to look for. */
void saved_write(FILE *, const struct saved_kind *, const void *object);

/* Whether the line is of that kind. */
bool saved_is(const struct saved_kind *, const char *line);

/*
 * Reads the line, which is changed, into the object, where fields that are not
 * in the line stay.  Returns NULL, or the name of the field that is wrong.
 */
const char *saved_read(const struct saved_kind *, char *line, void *object);

/* Lets the object's descriptors pass execve(2), or not.  False with errno. */
bool saved_keep(const struct saved_kind *, const void *object, bool keep);

#endif
