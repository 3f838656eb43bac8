/* SPDX-License-Identifier: ISC */

/*
 * The configuration: one table row per key gives its name, type, bounds,
 * default and help.  From the table come the parser of echod.conf(5), the
 * command line, --print-config and --help, so they cannot disagree.
 *
 * Values come in three layers: defaults, then the file, then the command
 * line.  A list given in a later layer replaces that of an earlier one.
 */

#ifndef CONFIG_H
#define CONFIG_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/addr.h"

/* The range of max-children: the slot table is laid out for the largest. */
enum {
	CONFIG_MAX_CHILDREN = 262144
};

struct addr_list {
	struct addr *items;
	size_t count;
};

struct prefix_list {
	struct prefix *items;
	size_t count;
};

/* At most burst at once, per_second over time; per_second 0 = no limit. */
struct rate {
	uint32_t per_second;
	uint32_t burst;
};

enum proxy_protocol {
	PROXY_OFF,
	PROXY_REQUIRED
};

struct config {
	struct addr_list listen;
	char *user;
	char *pidfile; /* "auto", "none" or an absolute path */
	int64_t backlog;
	int64_t max_children;
	int64_t max_per_source; /* 0 = no limit */
	struct rate rate_per_source;
	int64_t source_prefix_v4; /* bits */
	int64_t source_prefix_v6; /* bits */
	struct prefix_list allow;
	struct prefix_list deny;
	int64_t idle_timeout;   /* ns, 0 = none; so are all durations */
	int64_t write_timeout;  /* ns */
	int64_t max_lifetime;   /* ns */
	int64_t drain_timeout;  /* ns */
	int64_t sandbox;        /* bool */
	int64_t log_level;      /* syslog(3) priority */
	int64_t log_facility;   /* syslog(3) facility, shifted */
	int64_t log_target;     /* enum log_target */
	int64_t log_format;     /* enum log_format */
	int64_t log_clients;    /* enum log_clients */
	int64_t proxy_protocol; /* enum proxy_protocol */
	struct prefix_list proxy_from;
};

/* What the command line asks for besides settings. */
enum config_action {
	ACTION_SERVE,
	ACTION_TEST,
	ACTION_PRINT,
	ACTION_HELP,
	ACTION_VERSION
};

/* The command line, kept for the reloads to come. */
struct command_line {
	const char *file; /* the configuration file, an absolute path */
	char *path;       /* the same if it had to be made, or NULL */
	bool file_named;  /* by -f: then it has to exist */
	bool foreground;
	bool inetd;
	enum config_action action;
	struct setting *settings; /* --key=value, in order */
	size_t count;
};

enum {
	CONFIG_ERROR_MAX = 512
};

/* One line a user can act on: "FILE:LINE: message" or "--key: message". */
struct config_error {
	char text[CONFIG_ERROR_MAX];
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
 * false, config holds nothing to free and error says why; usage tells whether
 * it was the command line's fault.
 */
bool config_load(struct config *, const struct command_line *,
    struct config_error *, bool *usage);

/* Reads settings from an open file, reported under the given name. */
bool
config_read(struct config *, FILE *, const char *name, struct config_error *);

/* Sets every key to its default. */
bool config_defaults(struct config *, struct config_error *);

/* What is meant for the pidfile: "none" or a path. */
const char *config_pidfile(const struct config *, const struct command_line *);

/* Writes the configuration as a file that config_load() reads back. */
void config_print(const struct config *, FILE *);

/*
 * Calls changed() with the name of each key that differs between the two and
 * that only a restart can change; such keys of the second are then set as in
 * the first.
 */
void config_keep_fixed(struct config *running, struct config *fresh,
    void (*changed)(const char *key));

void config_free(struct config *);

void usage_print(FILE *);

#endif
