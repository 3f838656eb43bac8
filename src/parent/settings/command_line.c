/* SPDX-License-Identifier: ISC */

#include "parent/settings/command_line.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/stdlib.h>

#include "common/quote.h"
#include "parent/settings/config_file.h"

struct setting {
	const struct option_row *row;
	const char *value;
};

/* Stores a setting for later, because it is applied after those of the file. */
static const char *
note(void *values, const struct option_row *row, const char *text)
{
	struct command_line *command = values;
	struct setting *grown =
	    reallocarray(command->settings, command->count + 1, sizeof *grown);

	if (grown == NULL)
		return strerror(errno);
	grown[command->count++] = (struct setting){row, text};
	command->settings = grown;
	return NULL;
}

/* ---- options that are not settings ----------------------------------------
 */

/*
 * Makes the path absolute: the daemon changes its directory, and reads the file
 * again at a reload.
 */
static const char *
file_parse(void *value, const char *text, const struct range *range)
{
	struct command_line *command = value;
	char directory[PATH_MAX];

	(void)range;
	for (const char *c = text; *c != '\0'; c++)
		if (iscntrl((unsigned char)*c))
			return "has a control character";
	command->file_named = true;
	free(command->path);
	command->path = NULL;
	command->file = text;
	if (text[0] == '/')
		return NULL;
	if (getcwd(directory, sizeof directory) == NULL ||
	    asprintf(&command->path, "%s/%s", directory, text) == -1)
		return strerror(errno);
	command->file = command->path;
	return NULL;
}

static const char *
verbose_parse(void *value, const char *text, const struct range *range)
{
	(void)text;
	(void)range;
	return note(value, option_find(config_rows, "log-level"), "debug");
}

/* Both need the whole command line. */
static const struct type type_file = {.parse = file_parse};
static const struct type type_verbose = {.parse = verbose_parse};

#define FLAG(member)                                                           \
	.type = &type_flag, .offset = offsetof(struct command_line, member)
#define ACTION(action_)                                                        \
	.type = &type_set, .offset = offsetof(struct command_line, action),    \
	.range = {.min = (action_)}

static const struct option_row rows[] = {
    {"config", 'f', "FILE", "configuration file (" CONFIG_FILE ")",
	.type = &type_file},
    {"foreground", 'F', .help = "stay attached, log to standard error",
	FLAG(foreground)},
    {"inetd", 'i', .help = "serve the socket on standard input, then exit",
	FLAG(inetd)},
    {"test", 't', .help = "check the configuration and exit",
	ACTION(ACTION_TEST)},
    {"print-config", 'T', .help = "print the effective configuration and exit",
	ACTION(ACTION_PRINT)},
    {"verbose", 'v', .help = "same as --log-level=debug",
	.type = &type_verbose},
    {"help", 'h', .help = "print this help and exit", ACTION(ACTION_HELP)},
    {"version", 'V', .help = "print the version and exit",
	ACTION(ACTION_VERSION)},
    {0},
};

bool
command_line_parse(struct command_line *command, int argc, char **argv,
    struct config_error *error)
{
	const struct option_group groups[] = {
	    {rows, command, NULL},
	    {config_rows, command, note},
	};
	char quoted[QUOTE_SIZE];

	*command = (struct command_line){.file = CONFIG_FILE};
	error->status = EXIT_USAGE;
	if (!option_table_read(groups, 2, argc, argv, error->text))
		return false;
	if (optind == argc)
		return true;
	(void)snprintf(error->text, sizeof error->text,
	    "unexpected argument: %s", quote(argv[optind], quoted));
	return false;
}

void
command_line_usage(FILE *out)
{
	static const struct option_group groups[] = {
	    {.rows = rows}, {.rows = config_rows}};

	(void)fputs("usage: echod [options]\n"
		    "The TCP echo daemon, one confined process per client; "
		    "see echod(8).\n\n",
	    out);
	option_table_usage(out, groups, 2, rows);
	(void)fputs("\nSettings, also keys of echod.conf(5):\n", out);
	option_table_usage(out, groups, 2, config_rows);
}

void
command_line_free(struct command_line *command)
{
	free(command->settings);
	free(command->path);
	*command = (struct command_line){0};
}

/* ---- the three layers ------------------------------------------------------
 */

static bool
apply(struct config *config, const struct command_line *command,
    struct config_error *error)
{
	struct layer layer = {{false}};

	for (size_t i = 0; i < command->count; i++) {
		const struct setting *setting = &command->settings[i];
		if (!config_set(config, &layer, setting->row, setting->value,
			"--", error)) {
			if (error->status == EXIT_CONFIG)
				error->status = EXIT_USAGE;
			return false;
		}
	}
	return true;
}

bool
config_load(struct config *config, const struct command_line *command,
    struct config_error *error)
{
	if (!config_defaults(config, error))
		return false;
	if (config_file_read(
		config, command->file, !command->file_named, error) &&
	    apply(config, command, error)) {
		if (config_complete(config))
			return true;
		(void)config_fail(error, "%s", strerror(ENOMEM));
		error->status = EXIT_FAILURE;
	}
	config_free(config);
	return false;
}

const char *
config_pidfile(const struct config *config, const struct command_line *command)
{
	if (strcmp(config->pidfile, "auto") != 0)
		return config->pidfile;
	return command->foreground || command->inetd ? "none" : PIDFILE;
}
