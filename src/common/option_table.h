/* SPDX-License-Identifier: ISC */

/*
 * Command lines by tables, for both programs.  The row of an option defines
 * what getopt_long(3) accepts, how its value is checked, where it is stored,
 * and its line in --help.  The rows of echod's settings are the keys of
 * echod.conf(5) as well.
 */

#ifndef OPTION_TABLE_H
#define OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/value.h"

/* The order of the members suits the rows of the tables. */
struct option_row { /* NOLINT(clang-analyzer-optin.performance.Padding) */
	const char *name;
	char letter;          /* of the short form, 0 = none */
	const char *argument; /* its name in --help; NULL = none */
	const char *help;
	const struct type *type;
	size_t offset;       /* of the value in the structure of values */
	struct range range;  /* the valid values */
	const char *initial; /* the default as text, or NULL */
	bool fixed;          /* only a restart changes it */
};

/* Rows whose values are in one structure. */
struct option_group {
	const struct option_row *rows; /* ends with a row without a name */
	void *values;                  /* the structure */

	/*
	 * Handles an option and its text, which is NULL if the row has no
	 * argument.  Returns NULL or the error.  NULL means option_store().
	 */
	const char *(*take)(
	    void *values, const struct option_row *, const char *text);
};

enum {
	OPTION_ERROR_SIZE = 512
};

/*
 * Reads the options in argv, in their order, by the rows of the groups.  False
 * with the reason in error, one line without control characters.  optind is
 * then the index of the first operand; getopt_long(3) may have reordered argv.
 */
bool option_table_read(const struct option_group *groups, size_t count,
    int argc, char **argv, char error[OPTION_ERROR_SIZE]);

/* Reads text into the row's member of values; returns NULL or the error. */
const char *
option_store(void *values, const struct option_row *, const char *text);

/* The row of that name, NULL if there is none. */
const struct option_row *
option_find(const struct option_row *rows, const char *name);

/* Writes a line for each row; all are aligned to the longest of the groups. */
void option_table_usage(FILE *, const struct option_group *groups, size_t count,
    const struct option_row *rows);

#endif
