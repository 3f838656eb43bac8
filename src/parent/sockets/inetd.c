/* SPDX-License-Identifier: ISC */

/* Runs in the process that inetd started, which becomes the parent. */

#include "parent/sockets/inetd.h"

#include <linux/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "parent/log/log.h"

enum {
	STATE_CLOSE = 7 /* TCP_CLOSE of <netinet/tcp.h>, whose struct tcp_info
			   is too old */
};

static bool
is_same_file(int a, int b)
{
	struct stat sa, sb;

	return fstat(a, &sa) == 0 && fstat(b, &sb) == 0 &&
	       sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

bool
inetd_is_client(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode) &&
	       is_same_file(STDIN_FILENO, fd);
}

/*
 * A reset socket has no peer, like one that was never connected, but it has
 * received data.
 */
static bool
was_reset(int fd)
{
	struct tcp_info info = {0};
	socklen_t length = sizeof info;

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 &&
	       info.tcpi_state == STATE_CLOSE && info.tcpi_segs_in > 0;
}

/* False if the client has gone. */
static bool
get_peer(struct addr *peer)
{
	struct sockaddr_storage ss;
	socklen_t length = sizeof ss;

	if (getpeername(STDIN_FILENO, (struct sockaddr *)&ss, &length) == -1) {
		if (errno == ENOTCONN && was_reset(STDIN_FILENO))
			return false;
		log_fatal("standard input is not a client");
	}
	if (!addr_from_sockaddr(peer, (struct sockaddr *)&ss))
		log_fatalx("standard input is not an internet socket");
	return true;
}

/*
 * Closes the standard descriptors that are the client's socket, so that the
 * connection ends with the session.
 */
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
	if (!get_peer(peer))
		return -1;
	int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (fd == -1)
		log_fatal("cannot take the client");
	release_standard_descriptors(fd);
	/* Clears O_NONBLOCK, because sessions wait in read(2) and write(2). */
	if (fcntl(fd, F_SETFL, 0) == -1)
		log_fatal("cannot take the client");
	return fd;
}
