/* SPDX-License-Identifier: ISC */

/* Runs in the parent, and in the test of a new program. */

#include "parent/upgrade/program.h"

#include <sys/auxv.h>

#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/string.h>

/*
 * The test is asked for by an option, which programs that know no upgrade
 * refuse.  The final start gets the original arguments, because ps(1) shows
 * them, and a variable in the environment.
 */
#define TEST_OPTION "--test-upgrade="
#define VARIABLE    "ECHOD_UPGRADE"

enum {
	TEXT_SIZE = 48 /* three numbers */
};

static struct {
	char path[PATH_MAX]; /* "" = not known */
	char **argv;
	int argc;
} program;

/*
 * Takes the path that execve(2) was given: this needs no /proc and does not
 * resolve links.
 */
void
program_remember(int argc, char **argv)
{
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): getauxval(3) */
	const char *name = (const char *)(uintptr_t)getauxval(AT_EXECFN);
	size_t length = 0;

	program.argc = argc;
	program.argv = argv;
	if (name == NULL)
		return;
	if (name[0] != '/') {
		if (getcwd(program.path, sizeof program.path) == NULL)
			program.path[0] = '\0';
		length = strlcat(program.path, "/", sizeof program.path);
	}
	if (length == 1 || strlcat(program.path, name, sizeof program.path) >=
			       sizeof program.path)
		program.path[0] = '\0';
}

const char *
program_path(void)
{
	return program.path[0] == '\0' ? NULL : program.path;
}

bool
program_look(struct stat *st)
{
	if (program.path[0] == '\0') {
		errno = ENOENT;
		return false;
	}
	return stat(program.path, st) == 0;
}

bool
program_is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* adddup2 from a descriptor to itself removes its FD_CLOEXEC in the child. */
static int
spawn(pid_t *pid, char **argv, const struct inheritance *left)
{
	posix_spawn_file_actions_t actions;
	int error = posix_spawn_file_actions_init(&actions);

	if (error != 0)
		return error;
	error = posix_spawn_file_actions_adddup2(
	    &actions, left->state, left->state);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(
		    &actions, left->answer, left->answer);
	if (error == 0)
		error = posix_spawn(
		    pid, program.path, &actions, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	return error;
}

/*
 * posix_spawn(3) shares this process's memory until the exec, so the child can
 * use memory that forks do not inherit (see memory.h).
 */
pid_t
program_test(const struct inheritance *left)
{
	char option[sizeof TEST_OPTION + TEXT_SIZE];
	char **argv = calloc((size_t)program.argc + 2, sizeof *argv);
	pid_t pid;

	if (argv == NULL)
		return -1;
	(void)snprintf(option, sizeof option, TEST_OPTION "%d,%d", left->state,
	    left->answer);
	argv[0] = program.argv[0];
	argv[1] = option;
	for (int i = 1; i < program.argc; i++)
		argv[i + 1] = program.argv[i];
	int error = spawn(&pid, argv, left);
	free(argv);
	errno = error;
	return error == 0 ? pid : -1;
}

void
program_execute(const struct inheritance *left)
{
	char text[TEXT_SIZE];

	(void)snprintf(text, sizeof text, "%d,%d,%d", left->state, left->answer,
	    left->tries);
	if (setenv(VARIABLE, text, true) == -1)
		return;
	(void)execve(program.path, program.argv, environ);
	int error = errno;
	(void)unsetenv(VARIABLE);
	errno = error;
}

/* Parses exactly count numbers, separated by commas. */
static bool
parse_numbers(const char *text, int *const numbers[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *end;
		long number = strtol(text, &end, 10);
		if (end == text || number < 0 || number > INT_MAX ||
		    *end != (i + 1 < count ? ',' : '\0'))
			return false;
		*numbers[i] = (int)number;
		text = end + 1;
	}
	return true;
}

static bool
are_descriptors(const struct inheritance *left)
{
	return left->state > STDERR_FILENO && left->answer > STDERR_FILENO;
}

bool
program_is_test(int *argc, char **argv, struct inheritance *left)
{
	static const size_t length = sizeof TEST_OPTION - 1;
	int *const numbers[] = {&left->state, &left->answer};

	*left = (struct inheritance){.state = -1, .answer = -1};
	if (*argc < 2 || strncmp(argv[1], TEST_OPTION, length) != 0 ||
	    !parse_numbers(argv[1] + length, numbers, 2) ||
	    !are_descriptors(left))
		return false;
	for (int i = 1; i < *argc; i++)
		argv[i] = argv[i + 1];
	--*argc;
	return true;
}

bool
program_is_heir(struct inheritance *left)
{
	const char *text = getenv(VARIABLE);
	int *const numbers[] = {&left->state, &left->answer, &left->tries};

	if (text == NULL)
		return false;
	bool good = parse_numbers(text, numbers, 3) && are_descriptors(left);
	(void)unsetenv(VARIABLE);
	return good;
}
