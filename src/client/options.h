/* SPDX-License-Identifier: ISC */

/*
 * Command lines from tables: each subcommand has one row per option, and the
 * parser, the checks of ranges and --help all come from that row.
 */

#ifndef OPTIONS_H
#define OPTIONS_H

#include <stddef.h>
#include <stdint.h>

enum option_type {
	OPTION_FLAG,  /* bool: true */
	OPTION_SET,   /* int: the row's min */
	OPTION_COUNT, /* uint64_t: a whole number */
	OPTION_SIZE,  /* uint64_t: bytes, with k, M or G */
	OPTION_SPAN,  /* int64_t: nanoseconds */
	OPTION_TEXT,  /* const char * */
};

struct option_row {
	char letter; /* 0 = none */
	enum option_type type;
	const char *name;
	const char *argument; /* its name in --help; NULL = takes none */
	size_t offset;        /* of the member it sets */
	int64_t min, max;
	const char *help;
};

struct command {
	const char *name;
	const char *summary;
	const struct option_row *rows; /* ends with a row without a name */
};

/*
 * Reads argv into the structure that the rows' offsets refer to and returns
 * the one operand, HOST[:PORT], or "" if there is none.  --help and --version
 * exit 0; a usage error exits 2.
 */
const char *
options_parse(const struct command *, int argc, char **argv, void *values);

/* Says what is wrong with the command line, then exits 2. */
_Noreturn void options_fail(const struct command *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
