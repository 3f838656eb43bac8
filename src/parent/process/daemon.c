/* SPDX-License-Identifier: ISC */

/* Runs in the parent, and in the process that waits for it to be ready. */

#include "parent/process/daemon.h"

#include <sys/types.h>

#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/descriptors.h"
#include "parent/log/log.h"

void
daemon_claim_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd != -1) {
		(void)close(fd);
		return;
	}
	/*
	 * A closed one would be reused for another file, which messages would
	 * go to.
	 */
	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) == -1)
			log_fatalx("cannot open descriptor %d", fd);
}

void
daemon_close_inherited(int count)
{
	descriptors_close(STDERR_FILENO + 1 + (unsigned)count, UINT_MAX);
}

/* Returns 1, 0 at the end of the lifeline, or -1 with errno. */
static ssize_t
receive(int lifeline, unsigned char *byte)
{
	ssize_t count;

	do
		count = read(lifeline, byte, 1);
	while (count == -1 && errno == EINTR);
	return count;
}

/*
 * The lifeline joins this process and the daemon.  A byte from the daemon is
 * the exit status for this process; if it is 0, the daemon is ready, and this
 * process answers to confirm that it has read the byte.  End of file without a
 * byte means that the daemon has died.
 */
static _Noreturn void
wait_for_daemon(int lifeline)
{
	unsigned char status = EXIT_FAILURE;
	ssize_t count = receive(lifeline, &status);

	if (count == -1)
		log_err("cannot wait for the daemon");
	if (status == EXIT_SUCCESS && write(lifeline, "", 1) != 1) {
		log_err("cannot answer the daemon");
		status = EXIT_FAILURE;
	}
	_exit(status);
}

void
daemon_failed(int lifeline, int status)
{
	unsigned char byte = (unsigned char)status;

	/* If it is not sent, the other end assumes 1. */
	(void)send(lifeline, &byte, 1, MSG_NOSIGNAL);
}

static pid_t
fork_or_die(void)
{
	pid_t pid = fork();

	if (pid == -1)
		log_fatal("cannot fork");
	return pid;
}

int
daemon_detach(void)
{
	int lifeline[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, lifeline) == -1)
		log_fatal("cannot make a lifeline");
	if (fork_or_die() != 0) {
		(void)close(lifeline[1]);
		wait_for_daemon(lifeline[0]);
	}
	(void)close(lifeline[0]);
	if (setsid() == -1)
		log_fatal("cannot start a session");
	/*
	 * The second fork: a process that is not the session's leader cannot
	 * acquire a terminal.
	 */
	if (fork_or_die() != 0)
		_exit(EXIT_SUCCESS);
	(void)umask(022);
	if (chdir("/") == -1)
		log_fatal("cannot change to /");
	return lifeline[1];
}

void
daemon_ready(int lifeline)
{
	static const struct timeval patience = {.tv_sec = 10};
	unsigned char answer;
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd == -1)
		log_fatal("cannot open /dev/null");
	for (int standard = STDIN_FILENO; standard <= STDERR_FILENO; standard++)
		if (dup2(fd, standard) == -1)
			log_fatal("cannot leave descriptor %d", standard);
	(void)close(fd);
	/* A launcher that does not answer will report a failed start. */
	(void)setsockopt(
	    lifeline, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (write(lifeline, "", 1) != 1 || receive(lifeline, &answer) != 1)
		log_fatalx("nobody waited for the start");
	(void)close(lifeline);
}
