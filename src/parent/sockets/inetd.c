/* SPDX-License-Identifier: ISC */

/* Runs in the process that inetd started, which becomes the parent. */

#include "parent/sockets/inetd.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

#include "parent/log/log.h"

static bool
is_same_file(int a, int b)
{
	struct stat sa, sb;

	return fstat(a, &sa) == 0 && fstat(b, &sb) == 0 &&
	       sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

bool
inetd_stderr_is_client(void)
{
	return is_same_file(STDIN_FILENO, STDERR_FILENO);
}

static void
get_peer(struct addr *peer)
{
	struct sockaddr_storage ss;
	socklen_t length = sizeof ss;

	if (getpeername(STDIN_FILENO, (struct sockaddr *)&ss, &length) == -1)
		log_fatal("standard input is not a client");
	if (!addr_from_sockaddr(peer, (struct sockaddr *)&ss))
		log_fatalx("standard input is not an internet socket");
}

/* The connection ends with the session only if nobody else has it open. */
static void
release_standard_descriptors(int client)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null == -1)
		log_fatal("cannot open /dev/null");
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (is_same_file(fd, client) && dup2(null, fd) == -1)
			log_fatal("cannot leave descriptor %d", fd);
	(void)close(null);
}

int
inetd_take_client(struct addr *peer)
{
	get_peer(peer);
	int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (fd == -1)
		log_fatal("cannot take the client");
	release_standard_descriptors(fd);
	/* Sessions wait in read(2) and write(2). */
	if (fcntl(fd, F_SETFL, 0) == -1)
		log_fatal("cannot take the client");
	return fd;
}
