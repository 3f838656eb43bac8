/* SPDX-License-Identifier: ISC */

/*
 * syslog_sink PATH: a log daemon that reads every message sent to the socket
 * and does nothing with it but count; prints the count when its standard
 * input ends.
 */

#include <sys/socket.h>
#include <sys/un.h>

#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
open_socket(const char *path)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	int size = 8 * 1024 * 1024;

	if (strlen(path) >= sizeof un.sun_path)
		errx(EXIT_FAILURE, "%s: too long", path);
	(void)memcpy(un.sun_path, path, strlen(path));
	if (fd == -1 || bind(fd, (struct sockaddr *)&un, sizeof un) == -1)
		err(EXIT_FAILURE, "%s", path);
	/* As journald has it: a burst is kept, not dropped. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
	return fd;
}

int
main(int argc, char **argv)
{
	char message[2048];
	unsigned long count = 0;

	if (argc != 2)
		errx(2, "usage: syslog_sink PATH");
	struct pollfd polled[] = {
	    {.fd = open_socket(argv[1]), .events = POLLIN},
	    {.fd = STDIN_FILENO, .events = POLLIN}};
	while (poll(polled, 2, -1) != -1 && polled[1].revents == 0)
		while (recv(polled[0].fd, message, sizeof message, 0) > 0)
			count++;
	(void)printf("%lu\n", count);
	return EXIT_SUCCESS;
}
