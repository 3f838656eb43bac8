/* SPDX-License-Identifier: ISC */

/*
 * The subcommands.  Each takes argv from its own name on and returns echoc's
 * exit status.
 */

#ifndef COMMANDS_H
#define COMMANDS_H

enum {
	STATUS_GOOD = 0,
	STATUS_BAD = 1, /* lost or wrong answers, or a threshold */
	STATUS_ERROR = 2,
	STATUS_UNKNOWN = 3, /* the same under --nagios */
};

int ping_main(int argc, char **argv);
int pipe_main(int argc, char **argv);
int load_main(int argc, char **argv);
int check_main(int argc, char **argv);
int compare_main(int argc, char **argv);

#endif
