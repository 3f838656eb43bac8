/* SPDX-License-Identifier: ISC */

/*
 * The command lines of the subcommands, which have one row per option.
 */

#ifndef OPTIONS_H
#define OPTIONS_H

#include <stddef.h>

#include "common/option_table.h"

/* A row of a subcommand's table; numbers without a unit are seconds. */
#define OPTION(letter, type, name, argument, offset, min, max, help)           \
	{                                                                      \
		name, letter, argument, help, &(type), offset,                 \
		    {min, max, NULL, "s"}, NULL, false                         \
	}

struct command {
	const char *name;
	const char *summary;
	const struct option_row *rows; /* ends with a row without a name */
	const char *operands;
};

/*
 * Reads argv into the structure that the rows' offsets refer to and returns
 * the index of the first operand.  --help and --version exit 0; a usage error
 * exits 2.
 */
int options_parse(const struct command *, int argc, char **argv, void *values);

/* The same for one operand at most, which is returned; "" = none. */
const char *
options_parse_host(const struct command *, int argc, char **argv, void *values);

/* Says what is wrong with the command line, then exits 2. */
_Noreturn void options_fail(const struct command *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
