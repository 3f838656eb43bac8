/* SPDX-License-Identifier: ISC */

/*
 * echod's command line: the action, and settings that override those of the
 * file.  It is kept, because each reload applies them again.
 */

#ifndef COMMAND_LINE_H
#define COMMAND_LINE_H

#include "parent/settings/config.h"

/* The action that the command line asks for. */
enum config_action {
	ACTION_SERVE,
	ACTION_TEST,
	ACTION_PRINT,
	ACTION_HELP,
	ACTION_VERSION
};

struct command_line {
	const char *file; /* the configuration file, an absolute path */
	char *path;       /* the same if it was allocated, or NULL */
	bool file_named;  /* given by -f: the file must exist */
	bool foreground;
	bool inetd;
	int action;               /* enum config_action */
	struct setting *settings; /* --key=value, in order */
	size_t count;
};

/*
 * Reads argv; values are checked by config_load().  False if the command line
 * is misused, with the reason in error.  The argv strings must stay.
 */
bool command_line_parse(
    struct command_line *, int argc, char **argv, struct config_error *);
void command_line_free(struct command_line *);

/*
 * Reads the three layers into config, whose old content is ignored.  On
 * false, config holds nothing to free and error says why.
 */
bool config_load(
    struct config *, const struct command_line *, struct config_error *);

/* The pidfile that the settings mean: "none" or a path. */
const char *config_pidfile(const struct config *, const struct command_line *);

/* Writes --help. */
void command_line_usage(FILE *);

#endif
