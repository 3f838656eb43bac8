/* SPDX-License-Identifier: ISC */

/*
 * Writes the members of a structure as text and as JSON, by a table: the name
 * of each, its type with its unit, and its offset.
 *
 * In a template "{name}" stands for a member, "{name:9}" for one padded to nine
 * columns, and "{name~}" or "{name~:9}" for a time in a suitable unit.
 */

#ifndef FIELDS_H
#define FIELDS_H

#include <stddef.h>
#include <stdio.h>

enum field_type {
	FIELD_COUNT,   /* uint64_t */
	FIELD_ASKED,   /* uint64_t; 0 = not asked for: null */
	FIELD_REAL,    /* double */
	FIELD_PERCENT, /* double, four digits */
	FIELD_SECONDS, /* int64_t nanoseconds, written in seconds */
	FIELD_MS,      /* ... in milliseconds; < 0 = none: null */
	FIELD_BYTE,    /* uint8_t */
	FIELD_FLAG,    /* bool */
	FIELD_TEXT,    /* const char *; NULL = null */
	FIELD_OTHER,   /* by the functions of its own */
};

struct field {
	const char *name;
	enum field_type type;
	unsigned uses; /* a set of bits, whose meaning the owner defines */
	size_t offset;
	void (*json)(FILE *, const void *member);
	void (*text)(FILE *, const void *member);
};

/* Writes the members that have all of these uses as one JSON object. */
void fields_json(FILE *, const struct field *, unsigned uses, const void *base);

/* Writes the members that a template names, in its order. */
void fields_json_named(
    FILE *, const struct field *, const char *template, const void *base);

/* Fills in a template. */
void fields_text(
    FILE *, const struct field *, const char *template, const void *base);

/* A JSON string; NULL is null. */
void json_string(FILE *, const char *text);

#endif
