/* SPDX-License-Identifier: ISC */

#include "client/options.h"

#include <err.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>

#include "common/units.h"

enum {
	ROWS_MAX = 32,
	LONG_BASE = 256, /* getopt's value of row i is LONG_BASE + i */
	EXIT_USAGE = 2
};

static const struct option_row common_rows[] = {
    {'h', OPTION_FLAG, "help", NULL, 0, 0, 0, "show this help"},
    {'V', OPTION_FLAG, "version", NULL, 0, 0, 0, "show the version"},
};

/* What getopt_long(3) wants to be told. */
struct getopt_tables {
	char letters[2 * ROWS_MAX + 2];
	struct option options[ROWS_MAX + 1];
};

static void
add_row(struct getopt_tables *tables, const struct option_row *row, int value)
{
	size_t n = strlen(tables->letters), i = 0;

	while (tables->options[i].name != NULL)
		i++;
	tables->options[i] = (struct option){
	    .name = row->name,
	    .has_arg = row->argument != NULL ? required_argument : no_argument,
	    .val = value,
	};
	if (row->letter != 0) {
		tables->letters[n++] = row->letter;
		if (row->argument != NULL)
			tables->letters[n] = ':';
	}
}

static void
build_tables(struct getopt_tables *tables, const struct command *command)
{
	*tables = (struct getopt_tables){.letters = ":"};
	for (int i = 0; command->rows[i].name != NULL; i++)
		add_row(tables, &command->rows[i], LONG_BASE + i);
	for (size_t i = 0; i < sizeof common_rows / sizeof *common_rows; i++)
		add_row(tables, &common_rows[i], common_rows[i].letter);
}

static const struct option_row *
find_row(const struct command *command, int value)
{
	const struct option_row *row = command->rows;

	if (value >= LONG_BASE)
		return &row[value - LONG_BASE];
	while (row->name != NULL && row->letter != value)
		row++;
	return row;
}

/* Stores one option's value; returns NULL or what is wrong with it. */
static const char *
store(const struct option_row *row, const char *text, char *values)
{
	void *at = values + row->offset;
	int64_t *span = at;

	switch (row->type) {
	case OPTION_FLAG:
		*(bool *)at = true;
		return NULL;
	case OPTION_SET:
		*(int *)at = (int)row->min;
		return NULL;
	case OPTION_TEXT:
		*(const char **)at = text;
		return NULL;
	case OPTION_COUNT:
		return units_parse_count(text, row->min, row->max, span);
	case OPTION_SIZE:
		return units_parse_size(text, row->min, row->max, span);
	case OPTION_SPAN:
		return units_parse_span(text, "s", row->min, row->max, span);
	}
	return "unknown type";
}

static void
print_row(const struct option_row *row)
{
	char left[48];

	(void)snprintf(left, sizeof left, "--%s%s%s", row->name,
	    row->argument != NULL ? "=" : "",
	    row->argument != NULL ? row->argument : "");
	if (row->letter != 0)
		(void)printf("  -%c, %-24s %s\n", row->letter, left, row->help);
	else
		(void)printf("      %-24s %s\n", left, row->help);
}

static _Noreturn void
show_help(const struct command *command)
{
	(void)printf("usage: echoc %s [options] HOST[:PORT]\n%s.\n\n",
	    command->name, command->summary);
	for (const struct option_row *r = command->rows; r->name != NULL; r++)
		print_row(r);
	for (size_t i = 0; i < sizeof common_rows / sizeof *common_rows; i++)
		print_row(&common_rows[i]);
	exit(0);
}

static _Noreturn void
show_version(void)
{
	(void)printf("echoc %s\n", VERSION);
	exit(0);
}

void
options_fail(const struct command *command, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vwarnx(format, arguments);
	va_end(arguments);
	(void)fprintf(stderr,
	    "usage: echoc %s [options] HOST[:PORT]"
	    " (echoc %s --help lists them)\n",
	    command->name, command->name);
	exit(EXIT_USAGE);
}

/* The option as it was typed: -x inside a cluster, or the whole word. */
static _Noreturn void
reject(const struct command *command, int kind, char **argv)
{
	const char *what = "unknown option";
	const char *word = argv[optind - 1];

	if (kind == ':')
		what = "needs an argument";
	else if (optopt >= LONG_BASE)
		what = "takes no argument";
	if (optopt != 0 && optopt < LONG_BASE && word[1] != '-')
		options_fail(command, "-%c: %s", optopt, what);
	options_fail(command, "%s: %s", word, what);
}

const char *
options_parse(
    const struct command *command, int argc, char **argv, void *values)
{
	struct getopt_tables tables;
	int value;

	build_tables(&tables, command);
	opterr = 0;
	while ((value = getopt_long(
		    argc, argv, tables.letters, tables.options, NULL)) != -1) {
		if (value == ':' || value == '?')
			reject(command, value, argv);
		if (value == 'h')
			show_help(command);
		if (value == 'V')
			show_version();
		const struct option_row *row = find_row(command, value);
		const char *errstr = store(row, optarg, values);
		if (errstr != NULL)
			options_fail(
			    command, "--%s=%s: %s", row->name, optarg, errstr);
	}
	if (argc - optind > 1)
		options_fail(command, "%s: one host only", argv[optind + 1]);
	return optind < argc ? argv[optind] : "";
}
