/* SPDX-License-Identifier: ISC */

/*
 * echoc: the client of an echo service (RFC 862).  This file selects the
 * subcommand, ping if none is named; the rest is in client/.
 */

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/options.h"
#include "client/results.h"

static const struct command commands[] = {
    {"ping", PING, "HOST[:PORT]", "Measures round trips, message by message",
	ping_run},
    {"pipe", PIPE, "HOST[:PORT]",
	"Sends standard input and prints what comes back", pipe_run},
    {"load", LOAD, "HOST[:PORT]", "Measures throughput and latency under load",
	load_run},
    {"check", CHECK, "HOST[:PORT]",
	"Judges whether this is a correct echo service", check_run},
    {"compare", COMPARE, "BEFORE... [:] AFTER...",
	"Compares results that --json has printed", compare_run},
};

enum {
	COMMANDS = sizeof commands / sizeof *commands
};

static void
show_help(void)
{
	for (const struct command *c = commands; c < commands + COMMANDS; c++)
		(void)printf(c == commands ? "usage: echoc [%s] [options] %s\n"
					   : "       echoc %s [options] %s\n",
		    c->name, c->operands);
	(void)putchar('\n');
	for (const struct command *c = commands; c < commands + COMMANDS; c++)
		(void)printf("  %-9s%s\n", c->name, c->summary);
	(void)printf("\n'echoc SUBCOMMAND --help' lists its options.\n");
}

/*
 * Opens closed standard descriptors, so that no connection becomes standard
 * input or output.  Reading from them finds the end of file, and writing fails.
 */
static void
hold_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd != -1 && fd <= STDERR_FILENO);
	if (fd != -1)
		(void)close(fd);
}

/* Runs the subcommand that the first word names; without one it is ping. */
static int
run(int argc, char **argv)
{
	static struct results results;
	const struct command *command = commands;

	for (size_t i = 0; i < COMMANDS; i++)
		if (argc > 1 && strcmp(argv[1], commands[i].name) == 0) {
			command = &commands[i];
			argc--;
			argv++;
			break;
		}
	results.use = command->bit;
	results.subcommand = command->name;
	results.asked = (struct options){
	    .size = 64,
	    .interval = SEC,
	    .connections = 10,
	    .duration = 10 * SEC,
	    .timeout = command->bit != PIPE ? 5 * SEC : 0,
	};
	char **operands = options_parse(command, argc, argv, &results.asked);
	return command->run(&results, operands);
}

int
main(int argc, char **argv)
{
	int status = STATUS_GOOD;

	hold_standard_descriptors();
	if (argc == 2 &&
	    (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		show_help();
	else
		status = run(argc, argv);
	if (fflush(stdout) == EOF || ferror(stdout))
		err(STATUS_ERROR, "standard output");
	return status;
}
