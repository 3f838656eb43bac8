/* SPDX-License-Identifier: ISC */

#include "client/options.h"

#include <err.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>

#include "client/commands.h"

static const struct option_row common_rows[] = {
    OPTION('h', type_flag, "help", NULL, 0, 0, 0, "show this help"),
    OPTION('V', type_flag, "version", NULL, 0, 0, 0, "show the version"),
    {.name = NULL},
};

static const char *
take_common(void *values, const struct option_row *row, const char *text)
{
	const struct command *command = values;
	const struct option_group groups[] = {
	    {.rows = command->rows}, {.rows = common_rows}};

	(void)text;
	if (row->letter == 'V') {
		(void)printf("echoc %s\n", VERSION);
		exit(STATUS_GOOD);
	}
	(void)printf("usage: echoc %s [options] %s\n%s.\n\n", command->name,
	    command->operands, command->summary);
	option_table_usage(stdout, groups, 2, command->rows);
	option_table_usage(stdout, groups, 2, common_rows);
	exit(STATUS_GOOD);
}

void
options_fail(const struct command *command, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vwarnx(format, arguments);
	va_end(arguments);
	(void)fprintf(stderr,
	    "usage: echoc %s [options] %s (echoc %s --help lists them)\n",
	    command->name, command->operands, command->name);
	exit(STATUS_ERROR);
}

int
options_parse(
    const struct command *command, int argc, char **argv, void *values)
{
	struct command copy = *command;
	const struct option_group groups[] = {
	    {.rows = command->rows, .values = values},
	    {.rows = common_rows, .values = &copy, .take = take_common},
	};
	char error[OPTION_ERROR_SIZE];

	if (!option_table_read(groups, 2, argc, argv, error))
		options_fail(command, "%s", error);
	return optind;
}

const char *
options_parse_host(
    const struct command *command, int argc, char **argv, void *values)
{
	int first = options_parse(command, argc, argv, values);

	if (argc - first > 1)
		options_fail(command, "%s: one host only", argv[first + 1]);
	return first < argc ? argv[first] : "";
}
