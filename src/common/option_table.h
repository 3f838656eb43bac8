/* SPDX-License-Identifier: ISC */

/*
 * Command lines from tables, for both programs: from the row of an option
 * come what getopt_long(3) is told, how the value is checked and where it is
 * stored, and the line in --help.  A row of echod's settings is its key in
 * echod.conf(5) as well.
 */

#ifndef OPTION_TABLE_H
#define OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/value.h"

/* In the order in which rows are read best. */
struct option_row { /* NOLINT(clang-analyzer-optin.performance.Padding) */
	const char *name;
	char letter;          /* of the short form, 0 = none */
	const char *argument; /* what --help calls it; NULL = takes none */
	const char *help;
	const struct type *type;
	size_t offset;       /* of the value in the structure of values */
	struct range range;  /* which values are good */
	const char *initial; /* the default, as one would write it, or NULL */
	bool fixed;          /* only a restart changes it */
};

/* Rows whose values belong together. */
struct option_group {
	const struct option_row *rows; /* ends with a row without a name */
	void *values;                  /* what the rows' offsets refer to */

	/*
	 * Takes an option with its text, NULL if the row has no argument.
	 * Returns NULL or what is wrong.  NULL stands for option_store().
	 */
	const char *(*take)(
	    void *values, const struct option_row *, const char *text);
};

enum {
	OPTION_ERROR_SIZE = 512
};

/*
 * Reads argv, of which every option is in one of the groups, in its order.
 * Returns false with the reason in error, one line without control characters.
 * optind is then that of the first operand; argv may have been reordered, as
 * getopt_long(3) does.
 */
bool option_table_read(const struct option_group *groups, size_t count,
    int argc, char **argv, char error[OPTION_ERROR_SIZE]);

/* Reads text into the member of values; returns NULL or what is wrong. */
const char *
option_store(void *values, const struct option_row *, const char *text);

/* The row of that name, NULL if there is none. */
const struct option_row *
option_find(const struct option_row *rows, const char *name);

/* Writes a line for each row; all are aligned to the longest of the groups. */
void option_table_usage(FILE *, const struct option_group *groups, size_t count,
    const struct option_row *rows);

#endif
