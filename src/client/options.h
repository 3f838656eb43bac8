/* SPDX-License-Identifier: ISC */

/*
 * The subcommands and their command lines: one table has the options of all,
 * one structure their values.
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

/* The values of options; each subcommand has some of them. */
struct options {
	bool help, version;

	/* the target */
	int family;
	int proxy_version; /* 0 = no header */
	const char *source, *proxy_source, *interface;
	uint64_t dscp;
	int64_t timeout; /* 0 = none */

	/* the messages */
	uint64_t count, size, connections;
	uint64_t rate; /* 0 = as fast as possible */
	int64_t interval, duration, deadline;
	bool connect_each, churn;

	/* the answers and the output */
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

/* Prints an error of the command line, and exits 2. */
_Noreturn void
options_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for the value of an option, unless error is NULL. */
void options_check(const char *name, const char *value, const char *errstr);

#endif
