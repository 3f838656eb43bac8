/* SPDX-License-Identifier: ISC */

#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <netinet/in.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/unit.h"
#include "parent/process/landlock.h"

enum {
	CONNECT_TCP = 4, /* the versions of Landlock that are needed */
	SCOPE_SIGNAL = 6
};

/* In argv[0], for main(). */
#define EXECUTED "executed"

static char directory[] = "/tmp/echod-landlock-XXXXXX";

static const char *
inside(const char *name)
{
	static char path[64];

	(void)snprintf(path, sizeof path, "%s/%s", directory, name);
	return path;
}

static int
setup(void **state)
{
	(void)state;
	return mkdtemp(directory) == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	(void)unlink(inside("new"));
	return rmdir(directory);
}

/* Whether the promise holds in a child that has confined itself. */
static void
confined(const char *writable, int needed, bool (*promise)(void))
{
	int version = (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	int status;

	if (version < needed)
		skip(); /* the kernel's Landlock is older, or not there */
	pid_t pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		bool entered =
		    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		    landlock_enter("/proc/self/exe", writable, true) == version;
		_exit(entered && promise() ? EXIT_SUCCESS : EXIT_FAILURE);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EXIT_SUCCESS);
}

static bool
opens(const char *path, int flags)
{
	int fd = open(path, flags, 0600);

	return fd != -1 && close(fd) == 0;
}

static bool
only_reads(void)
{
	return opens("/etc/passwd", O_RDONLY) && opens("/dev/null", O_RDWR) &&
	       !opens(inside("new"), O_WRONLY | O_CREAT) && errno == EACCES &&
	       mkdir(inside("new"), 0700) == -1 && errno == EACCES &&
	       symlink("/", inside("new")) == -1 && errno == EACCES &&
	       rmdir(directory) == -1 && errno == EACCES;
}

static void
it_writes_no_file_but_dev_null(void **state)
{
	(void)state;
	confined(NULL, 1, only_reads);
}

static void
what_is_no_directory_is_not_written_beneath(void **state)
{
	(void)state;
	confined("/etc/passwd", 1, only_reads);
	confined("/etc/passwd/beneath", 1, only_reads);
}

static bool
replaces_a_file_in_the_directory(void)
{
	char from[64];

	(void)strcpy(from, inside("temporary"));
	return opens(from, O_WRONLY | O_CREAT | O_TRUNC) &&
	       rename(from, inside("new")) == 0 &&
	       opens(inside("new"), O_WRONLY | O_TRUNC) &&
	       unlink(inside("new")) == 0 && mkdir(inside("new"), 0700) == -1 &&
	       errno == EACCES &&
	       !opens("/tmp/echod-landlock", O_WRONLY | O_CREAT) &&
	       errno == EACCES;
}

static void
it_replaces_files_where_it_was_told(void **state)
{
	(void)state;
	confined(directory, 1, replaces_a_file_in_the_directory);
}

static bool
executes(const char *path)
{
	static char name[] = EXECUTED;
	char *arguments[] = {name, NULL};
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		(void)execve(path, arguments, environ);
		_exit(EXIT_FAILURE);
	}
	return pid != -1 && waitpid(pid, &status, 0) == pid &&
	       WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

static bool
executes_itself_only(void)
{
	return executes("/proc/self/exe") && !executes("/bin/true") &&
	       !executes("/bin/sh");
}

static void
it_executes_its_own_program_and_no_other(void **state)
{
	(void)state;
	assert_true(executes("/bin/true"));
	confined(NULL, 1, executes_itself_only);
}

static bool
listens_but_does_not_connect(void)
{
	struct sockaddr_in sin = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof sin;
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	int client = socket(AF_INET, SOCK_STREAM, 0);

	return bind(listener, (struct sockaddr *)&sin, length) == 0 &&
	       listen(listener, 1) == 0 &&
	       getsockname(listener, (struct sockaddr *)&sin, &length) == 0 &&
	       connect(client, (struct sockaddr *)&sin, length) == -1 &&
	       errno == EACCES;
}

static void
it_listens_but_does_not_connect(void **state)
{
	(void)state;
	confined(NULL, CONNECT_TCP, listens_but_does_not_connect);
}

static bool
signals_its_children_only(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			(void)pause();
	return kill(getppid(), 0) == -1 && errno == EPERM && pid != -1 &&
	       kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid;
}

static void
it_signals_its_children_and_nobody_else(void **state)
{
	(void)state;
	confined(NULL, SCOPE_SIGNAL, signals_its_children_only);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_writes_no_file_but_dev_null),
	    cmocka_unit_test(what_is_no_directory_is_not_written_beneath),
	    cmocka_unit_test(it_replaces_files_where_it_was_told),
	    cmocka_unit_test(it_executes_its_own_program_and_no_other),
	    cmocka_unit_test(it_listens_but_does_not_connect),
	    cmocka_unit_test(it_signals_its_children_and_nobody_else),
	};

	if (argc == 1 && strcmp(argv[0], EXECUTED) == 0)
		return EXIT_SUCCESS;
	return cmocka_run_group_tests(tests, setup, teardown);
}
