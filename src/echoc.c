/* SPDX-License-Identifier: ISC */

/*
 * echoc: the client of an echo service (RFC 862).  Picks the subcommand, ping
 * when none is named; everything else is in client/.
 */

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/commands.h"

static const struct subcommand {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} subcommands[] = {
    {"ping", ping_main, "measure round trips, one message at a time"},
    {"pipe", pipe_main, "send standard input, print what comes back"},
    {"load", load_main, "measure throughput and latency under load"},
    {"check", check_main, "judge whether this is a correct echo service"},
    {"compare", compare_main, "compare the results of two runs"},
};

static void
show_help(void)
{
	(void)printf("usage: echoc [ping] [options] HOST[:PORT]\n");
	for (size_t i = 1; i < sizeof subcommands / sizeof *subcommands; i++)
		(void)printf("       echoc %s [options] %s\n",
		    subcommands[i].name,
		    subcommands[i].run == compare_main
			? "BEFORE... [:] AFTER..."
			: "HOST[:PORT]");
	(void)printf("\n");
	for (size_t i = 0; i < sizeof subcommands / sizeof *subcommands; i++)
		(void)printf(
		    "  %-9s%s\n", subcommands[i].name, subcommands[i].summary);
	(void)printf("\n'echoc SUBCOMMAND --help' lists its options.\n");
}

/*
 * A connection must not become standard input or output because those were
 * closed.  Reading finds the end then, and writing fails.
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

int
main(int argc, char **argv)
{
	int status = -1;

	hold_standard_descriptors();
	if (argc == 2 &&
	    (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		show_help();
		status = STATUS_GOOD;
	}
	for (size_t i = 0; i < sizeof subcommands / sizeof *subcommands; i++)
		if (argc > 1 && strcmp(argv[1], subcommands[i].name) == 0)
			status = subcommands[i].run(argc - 1, argv + 1);
	if (status == -1)
		status = ping_main(argc, argv);
	if (fflush(stdout) == EOF || ferror(stdout))
		err(STATUS_ERROR, "standard output");
	return status;
}
