/* SPDX-License-Identifier: ISC */

/*
 * The types that a value of an option or a setting can have, for both
 * programs: how one is read, written, compared and freed.
 */

#ifndef VALUE_H
#define VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A word and what it stands for; an array of them ends with a NULL name. */
struct choice {
	const char *name;
	int64_t value;
};

/* Which values of its type an option takes. */
struct range {
	int64_t min, max;
	const struct choice *choices;
	const char *unit; /* of a number without one, NULL = it needs one */
};

struct type {
	size_t size; /* of a value */
	bool list;   /* each parse() adds to what is there */

	/*
	 * Reads text into *value.  Returns NULL, or why text is no good, a
	 * message that stays until the next; a list may then be left with the
	 * values before it.
	 */
	const char *(*parse)(
	    void *value, const char *text, const struct range *);

	/* The rest is NULL for types that no setting has. */

	/* Writes "name = value" lines. */
	void (*print)(
	    FILE *, const char *name, const void *value, const struct range *);

	bool (*equal)(const void *, const void *);

	/* Frees what parse() allocated and leaves an empty value. */
	void (*clear)(void *value);
};

extern const struct type type_count;  /* int64_t, or uint64_t */
extern const struct type type_size;   /* the same, bytes */
extern const struct type type_span;   /* int64_t, nanoseconds */
extern const struct type type_choice; /* int64_t */

/* Of options only. */
extern const struct type type_flag; /* bool: true, the text is ignored */
extern const struct type type_set;  /* int: the least of the range */
extern const struct type type_word; /* const char *: the text itself */

#endif
