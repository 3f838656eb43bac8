/* SPDX-License-Identifier: ISC */

/*
 * The configuration: one table row per key gives its name, type, range, default
 * and help.  The parser of echod.conf(5), the command line, --print-config and
 * --help all use this table, so they cannot disagree.
 *
 * Values come in three layers: defaults, then the file, then the command line.
 * A list in a later layer replaces that of an earlier one.
 */

#ifndef CONFIG_H
#define CONFIG_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/addr.h"
#include "common/option_table.h"
#include "parent/settings/access_list.h"
#include "parent/settings/types.h"

/* The range of max-children: the slot table is laid out for the largest. */
enum {
	CONFIG_MAX_CHILDREN = 262144
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
	int64_t reuse_port; /* bool */
	int64_t max_children;
	int64_t max_per_source; /* 0 = no limit */
	struct rate rate_per_source;
	int64_t source_prefix_v4; /* bits */
	int64_t source_prefix_v6; /* bits */
	struct prefix_list allow;
	struct prefix_list deny;
	int64_t idle_timeout;     /* ns, 0 = none; so are all durations */
	int64_t write_timeout;    /* ns */
	int64_t send_buffer;      /* bytes, 0 = the kernel's */
	int64_t max_lifetime;     /* ns */
	int64_t drain_timeout;    /* ns */
	int64_t sandbox;          /* bool */
	int64_t log_level;        /* syslog(3) priority */
	int64_t log_facility;     /* syslog(3) facility, shifted */
	int64_t log_target;       /* enum log_target */
	int64_t log_format;       /* enum log_format */
	int64_t log_clients;      /* enum log_clients */
	char *metrics_file;       /* "none" or an absolute path */
	int64_t metrics_interval; /* ns */
	int64_t proxy_protocol;   /* enum proxy_protocol */
	struct prefix_list proxy_from;

	/* Compiled from the lists by config_complete(). */
	struct access_list clients; /* by allow and deny */
	struct access_list proxies; /* by proxy-from */
};

/* The keys, one row each; the last row has no name. */
extern const struct option_row config_rows[];

enum {
	CONFIG_ROWS_MAX = 64
};

/* The keys that a layer has set; zeroed at its beginning. */
struct layer {
	bool seen[CONFIG_ROWS_MAX];
};

/* One line a user can act on: "FILE:LINE: message" or "--key: message". */
struct config_error {
	char text[OPTION_ERROR_SIZE];
	int status; /* for exit(3) */
};

/* Exit statuses besides EXIT_FAILURE, after which another try may succeed. */
enum {
	EXIT_USAGE = 2,  /* the command line is misused */
	EXIT_CONFIG = 78 /* the settings are wrong: EX_CONFIG of sysexits(3) */
};

/* Writes the message, with the status EXIT_CONFIG, and returns false. */
bool config_fail(struct config_error *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Sets a key.  The first value of a list in a layer replaces the list of the
 * layers below.  where is the beginning of the message, such as "FILE:LINE".
 */
bool config_set(struct config *, struct layer *, const struct option_row *,
    const char *value, const char *where, struct config_error *);

/* Sets every key to its default.  On false config holds nothing to free. */
bool config_defaults(struct config *, struct config_error *);

/* Compiles the access lists once all layers are read.  False without memory. */
bool config_complete(struct config *);

/* Writes the configuration in the syntax of echod.conf(5). */
void config_print(const struct config *, FILE *);

/*
 * For each key that differs and that only a restart can change: calls changed()
 * with its name, and gives fresh the running value.
 */
void config_keep_fixed(struct config *running, struct config *fresh,
    void (*changed)(const char *key));

/* Sets whether forks inherit the lists; sessions do not need them. */
void config_inherit(const struct config *, bool inherited);

void config_free(struct config *);

#endif
