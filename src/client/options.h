/* SPDX-License-Identifier: ISC */

/*
 * The subcommands and their command lines: one table has the options of all,
 * and one structure what they set.
 */

#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum {
	STATUS_GOOD = 0,
	STATUS_BAD = 1, /* lost or wrong answers, or a threshold */
	STATUS_ERROR = 2,
	STATUS_UNKNOWN = 3, /* the same under --nagios */
};

/* A set of subcommands. */
enum {
	PING = 1,
	PIPE = 2,
	LOAD = 4,
	CHECK = 8,
	COMPARE = 16,
};

/* What was asked for; each subcommand has some of these. */
struct options {
	bool help, version;

	/* whom to talk to, and how */
	int family;
	int proxy_version; /* 0 = no header */
	const char *source, *proxy_source, *interface;
	uint64_t dscp;
	int64_t timeout; /* 0 = none */

	/* what to send */
	uint64_t count, size, connections;
	uint64_t rate; /* 0 = as fast as possible */
	int64_t interval, duration, deadline;
	bool connect_each, churn;

	/* what to do with the answers, and what to tell */
	const char *only; /* this case */
	bool strict, list, verify;
	bool quiet, timestamps, json, json_stream, nagios;
	const char *svg, *hgrm;
	const char *fail_if, *warning, *critical;
};

struct results;

struct command {
	const char *name;
	unsigned bit;
	const char *operands;
	const char *summary;

	/* Gets the results with the options; returns the exit status. */
	int (*run)(struct results *, char **operands);
};

int ping_run(struct results *, char **operands);
int pipe_run(struct results *, char **operands);
int load_run(struct results *, char **operands);
int check_run(struct results *, char **operands);
int compare_run(struct results *, char **operands);

/*
 * Reads the options of a command out of argv and returns its operands.
 * --help and --version exit 0; a usage error exits 2.
 */
char **
options_parse(const struct command *, int argc, char **argv, struct options *);

/* Says what is wrong with the command line, then exits 2. */
_Noreturn void
options_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, if an option's value has an error, which may be NULL. */
void options_check(const char *name, const char *value, const char *errstr);

#endif
