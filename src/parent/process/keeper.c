/* SPDX-License-Identifier: ISC */

/*
 * keep() and what it calls run in the keeper, the rest in the parent.  An
 * order is a byte, and so is the answer: 0 or an error number.
 */

#include "parent/process/keeper.h"

#include <sys/types.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/descriptors.h"
#include "common/proctitle.h"
#include "parent/process/privileges.h"

enum {
	PATIENCE = 10 /* seconds for an answer */
};

/* What the keeper needs. */
struct held {
	const char *path;
	int lockfile;
	pid_t daemon;
};

struct answer {
	unsigned char order; /* enum keeper_order */
	unsigned char error; /* an errno value, 0 = done */
};

static bool
receive(int fd, void *message, size_t size)
{
	ssize_t count;

	do
		count = recv(fd, message, size, MSG_WAITALL);
	while (count == -1 && errno == EINTR);
	return count == (ssize_t)size;
}

static bool
transmit(int fd, const void *message, size_t size)
{
	return send(fd, message, size, MSG_NOSIGNAL) == (ssize_t)size;
}

/* ---- the keeper --------------------------------------------------------- */

static int
publish(const struct held *held)
{
	char text[16];
	int length = snprintf(text, sizeof text, "%d\n", (int)held->daemon);

	if (ftruncate(held->lockfile, 0) == -1)
		return errno;
	ssize_t count = pwrite(held->lockfile, text, (size_t)length, 0);
	if (count == -1)
		return errno;
	return count == length ? 0 : ENOSPC;
}

static int
remove_if_in_place(const struct held *held)
{
	struct stat locked, named;

	if (fstat(held->lockfile, &locked) == -1 ||
	    lstat(held->path, &named) == -1)
		return errno == ENOENT ? ESTALE : errno;
	if (locked.st_dev != named.st_dev || locked.st_ino != named.st_ino)
		return ESTALE;
	return unlink(held->path) == 0 ? 0 : errno;
}

static int
obey(unsigned char order, const struct held *held)
{
	switch (order) {
	case KEEPER_PUBLISH:
		return publish(held);
	case KEEPER_REMOVE:
		return remove_if_in_place(held);
	default:
		return EINVAL;
	}
}

/* Leaves the keeper with the file at 0 and the socket at 1. */
static bool
keep_only(struct held *held, int *parent)
{
	int lockfile = held->lockfile, fd = *parent;

	if (dup2(lockfile, 0) == -1 || dup2(fd, 1) == -1)
		return false;
	descriptors_close(2, UINT_MAX);
	held->lockfile = 0;
	*parent = 1;
	return chdir("/") == 0 && privileges_renounce_capabilities();
}

/* Reads an order, carries it out and answers.  False if the parent has gone. */
static bool
serve(int parent, const struct held *held)
{
	struct answer answer;

	if (!receive(parent, &answer.order, sizeof answer.order))
		return false;
	answer.error = (unsigned char)obey(answer.order, held);
	return transmit(parent, &answer, sizeof answer);
}

static _Noreturn void
keep(struct held held, int parent)
{
	proctitle_set("echod: pidfile keeper");
	if (keep_only(&held, &parent))
		while (serve(parent, &held))
			continue;
	_exit(EXIT_SUCCESS);
}

/* ---- the parent --------------------------------------------------------- */

/*
 * Forks twice, so that the keeper is no child of the daemon, whose children are
 * sessions.
 */
static bool
fork_keeper(const struct held *held, int parent)
{
	pid_t between = fork();
	int status = -1;

	if (between == -1)
		return false;
	if (between == 0) {
		pid_t keeper = fork();
		if (keeper == 0)
			keep(*held, parent);
		_exit(keeper == -1 ? errno : 0);
	}
	while (waitpid(between, &status, 0) == -1 && errno == EINTR)
		continue;
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : ECHILD;
	return errno == 0;
}

int
keeper_start(const char *path, int lockfile, pid_t daemon)
{
	static const struct timeval patience = {.tv_sec = PATIENCE};
	struct held held = {path, lockfile, daemon};
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
		return -1;
	bool started = fork_keeper(&held, pair[0]);
	int error = errno;
	(void)close(pair[0]);
	(void)setsockopt(
	    pair[1], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (started)
		return pair[1];
	(void)close(pair[1]);
	errno = error;
	return -1;
}

int
keeper_order(int keeper, enum keeper_order order)
{
	unsigned char byte = (unsigned char)order;
	struct answer answer;

	if (!transmit(keeper, &byte, sizeof byte))
		return EPIPE;
	do /* skip a late answer to an earlier order */
		if (!receive(keeper, &answer, sizeof answer))
			return EPIPE;
	while (answer.order != byte);
	return answer.error;
}
