/* SPDX-License-Identifier: ISC */

/*
 * Runs in the parent.
 *
 * Root makes the pidfile in a directory where the user that the daemon then
 * becomes may not remove it.  So a second process stays behind as root, the
 * keeper.  It has no capabilities and no descriptor but one end of a socket
 * pair, and knows one thing to do: remove the file when a byte arrives.  If
 * none does before the end, the daemon was killed, and the file stays.
 */

#include "parent/process/pidfile.h"

#include <sys/types.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/libutil.h>
#include <bsd/unistd.h>

#include "parent/log/log.h"
#include "parent/process/privileges.h"

static struct {
	char *path;
	struct pidfh *handle;
	pid_t owner;
	int keeper; /* the socket to it, -1 = none is needed */
} state = {.keeper = -1};

/* A byte of order, a byte of answer. */
static bool
receive(int fd, char *byte)
{
	ssize_t count;

	do
		count = recv(fd, byte, 1, 0);
	while (count == -1 && errno == EINTR);
	return count == 1;
}

static bool
transmit(int fd, char byte)
{
	return send(fd, &byte, 1, MSG_NOSIGNAL) == 1;
}

static _Noreturn void
keep(int daemon)
{
	char byte;

	(void)close_range(0, (unsigned)daemon - 1, 0);
	(void)close_range((unsigned)daemon + 1, UINT_MAX, 0);
	setproctitle("pidfile keeper");
	if (privileges_renounce_capabilities() && receive(daemon, &byte) &&
	    unlink(state.path) == 0)
		(void)transmit(daemon, byte);
	_exit(EXIT_SUCCESS);
}

/* By way of a process in between: the daemon's children are its sessions. */
static void
start_keeper(void)
{
	int pair[2], status = -1;
	pid_t between;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1 ||
	    (between = fork()) == -1)
		log_fatal("cannot start the keeper of pidfile %s", state.path);
	if (between == 0) {
		pid_t keeper = fork();
		if (keeper == 0)
			keep(pair[0]);
		_exit(keeper == -1 ? EXIT_FAILURE : EXIT_SUCCESS);
	}
	(void)close(pair[0]);
	while (waitpid(between, &status, 0) == -1 && errno == EINTR)
		continue;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SUCCESS)
		log_fatalx("cannot start the keeper of pidfile %s", state.path);
	state.keeper = pair[1];
}

static bool
order_removal(void)
{
	char byte;

	return state.keeper != -1 && transmit(state.keeper, 0) &&
	       receive(state.keeper, &byte);
}

/* Whether the path still leads to the file that is locked. */
static bool
is_in_place(void)
{
	struct stat locked, named;

	/* libbsd has closed it after a failed write; it is ours all the same.
	 */
	if (fstat(pidfile_fileno(state.handle), &locked) == -1)
		return true;
	return lstat(state.path, &named) == 0 &&
	       locked.st_dev == named.st_dev && locked.st_ino == named.st_ino;
}

/* The lock is held until the file is gone, so nobody else's is removed. */
static void
release(void)
{
	if (getpid() != state.owner)
		return;
	if (!is_in_place())
		log_warnx("pidfile %s is not ours any more", state.path);
	else if (unlink(state.path) == -1 && !order_removal())
		log_warnx("cannot remove pidfile %s", state.path);
	(void)pidfile_close(state.handle);
}

void
pidfile_acquire(const char *path)
{
	pid_t other = 0;

	state.path = strdup(path); /* the settings may change */
	if (state.path == NULL)
		log_fatalx("cannot keep the name of pidfile %s", path);
	state.owner = getpid();
	state.handle = pidfile_open(path, 0644, &other);
	if (state.handle == NULL && errno == EEXIST && other > 0)
		log_fatalx(
		    "already running, pid %d (pidfile %s)", (int)other, path);
	if (state.handle == NULL && errno == EEXIST) /* and not yet ready */
		log_fatalx("already running (pidfile %s)", path);
	if (state.handle == NULL)
		log_fatal("cannot open pidfile %s", path);
	if (atexit(release) != 0)
		log_fatalx("cannot register the removal of %s", path);
	if (geteuid() == 0)
		start_keeper();
}

void
pidfile_publish(void)
{
	if (state.handle != NULL && pidfile_write(state.handle) == -1)
		log_fatal("cannot write pidfile %s", state.path);
}
