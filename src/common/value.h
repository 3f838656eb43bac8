/* SPDX-License-Identifier: ISC */

/*
 * The types of options and settings, for both programs: how to read, write,
 * compare and free their values.
 */

#ifndef VALUE_H
#define VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A word and its value; an array of these ends with a NULL name. */
struct choice {
	const char *name;
	int64_t value;
};

/* The valid values of an option. */
struct range {
	int64_t min, max;
	const struct choice *choices;
	const char
	    *unit; /* of a number without a unit, NULL = a unit is needed */
};

struct type {
	size_t size; /* of a value */
	bool list;   /* each parse() appends to the value */

	/*
	 * Reads text into *value.  Returns NULL, or the error, which is valid
	 * until the next.  After an error a list keeps the values read before.
	 */
	const char *(*parse)(
	    void *value, const char *text, const struct range *);

	/* The following are NULL for types that no setting has. */

	/* Writes "name = value" lines. */
	void (*print)(
	    FILE *, const char *name, const void *value, const struct range *);

	/* NULL also for types of keys that a reload changes. */
	bool (*equal)(const void *, const void *);

	/* Frees what parse() allocated and leaves an empty value. */
	void (*clear)(void *value);
};

extern const struct type type_count;  /* int64_t, or uint64_t */
extern const struct type type_size;   /* the same, in bytes */
extern const struct type type_span;   /* int64_t, nanoseconds */
extern const struct type type_choice; /* int64_t */

/* Types of options only. */
extern const struct type type_flag; /* bool: true, the text is ignored */
extern const struct type type_set;  /* int: the least of the range */
extern const struct type type_word; /* const char *: the text itself */

#endif
