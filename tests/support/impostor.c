/* SPDX-License-Identifier: ISC */

/*
 * A program in the place of echod that is not the next version of it.  What it
 * does is in a file beside it, "PROGRAM.does".  It takes no more than the
 * parent's confinement leaves it.
 */

#include <sys/mman.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int state = -1, answer = -1;

/*
 * Waits until the file is there, "FILE.go" if it is executed for good, then
 * becomes the real program.
 */
static void
wait_for_gate(char *gate, char **argv)
{
	char path[4096], *program = strchr(gate, '|');

	*program++ = '\0';
	(void)snprintf(
	    path, sizeof path, "%s%s", gate, state == -1 ? ".go" : "");
	while (access(path, F_OK) == -1)
		(void)usleep(5000);
	(void)execv(program, argv);
}

static void
copy_state(void)
{
	char buffer[4096];
	ssize_t count;

	while ((count = read(state, buffer, sizeof buffer)) > 0)
		(void)!write(STDERR_FILENO, buffer, (size_t)count);
}

int
main(int argc, char **argv)
{
	char path[4096], what[4096] = "";

	(void)snprintf(path, sizeof path, "%s.does", argv[0]);
	FILE *file = fopen(path, "r");
	if (file == NULL || fgets(what, sizeof what, file) == NULL)
		return 99;
	if (argc > 1)
		(void)sscanf(argv[1], "--test-upgrade=%d,%d", &state, &answer);
	if (strncmp(what, "exit ", 5) == 0)
		return atoi(what + 5);
	if (strncmp(what, "crash", 5) == 0)
		*(volatile int *)8 = 0;
	if (strncmp(what, "hang", 4) == 0)
		for (;;)
			(void)pause();
	if (strncmp(what, "talk ", 5) == 0)
		(void)!write(STDOUT_FILENO, what + 5, strlen(what + 5));
	if (strncmp(what, "answer ", 7) == 0)
		(void)!write(answer, what + 7, strlen(what + 7));
	if (strncmp(what, "state", 5) == 0)
		copy_state();
	if (strncmp(what, "wait ", 5) == 0)
		wait_for_gate(what + 5, argv);
	return 0;
}
