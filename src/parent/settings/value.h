/* SPDX-License-Identifier: ISC */

/*
 * The types a configuration value can have: how one is read, printed and
 * freed.
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

/* Which values of a type a key takes. */
struct domain {
	int64_t min, max;
	const struct choice *choices;
};

struct type {
	size_t size; /* of a value */
	bool list;   /* each parse() adds to what is there */

	/*
	 * Reads text into *value.  Returns NULL, or why text is no good; a
	 * list may then be left with the values before it.
	 */
	const char *(*parse)(
	    void *value, const char *text, const struct domain *);

	/* Writes "name = value" lines. */
	void (*print)(
	    FILE *, const char *name, const void *value, const struct domain *);

	/* Frees what parse() allocated and leaves an empty value. */
	void (*clear)(void *value);
};

extern const struct type type_addrs;    /* struct addr_list */
extern const struct type type_choice;   /* int64_t */
extern const struct type type_duration; /* int64_t, ns */
extern const struct type type_number;   /* int64_t */
extern const struct type type_pidfile;  /* char * */
extern const struct type type_prefixes; /* struct prefix_list */
extern const struct type type_rate;     /* struct rate */
extern const struct type type_text;     /* char * */

#endif
