/* SPDX-License-Identifier: ISC */

/*
 * For scale: an echo server on port 7 that gives no client a process.  One
 * thread, one buffer, epoll.  A client that does not read what it was sent
 * gets no more of its input read until it does.
 */

#include <sys/epoll.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	ECHO_PORT = 7,
	BACKLOG = 4096,
	BATCH = 256,
	BUFFER_SIZE = 64 * 1024
};

/* What could not be written at once. */
struct client {
	int fd;
	size_t length, done;
	char *rest;
};

static char buffer[BUFFER_SIZE];
static int queue;

static int
open_listener(void)
{
	struct sockaddr_in any = {
	    .sin_family = AF_INET, .sin_port = htons(ECHO_PORT)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;

	if (fd == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == -1 ||
	    bind(fd, (struct sockaddr *)&any, sizeof any) == -1 ||
	    listen(fd, BACKLOG) == -1)
		err(EXIT_FAILURE, "port %d", ECHO_PORT);
	return fd;
}

static void
watch(int operation, struct client *client, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = client};

	if (epoll_ctl(queue, operation, fd, &event) == -1)
		err(EXIT_FAILURE, "epoll_ctl");
}

static void
drop(struct client *client)
{
	(void)close(client->fd);
	free(client->rest);
	free(client);
}

static void
accept_clients(int listener)
{
	struct client *client;
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) != -1) {
		if ((client = calloc(1, sizeof *client)) == NULL)
			err(EXIT_FAILURE, "calloc");
		client->fd = fd;
		watch(EPOLL_CTL_ADD, client, fd, EPOLLIN);
	}
}

static void
keep_rest(struct client *client, const char *data, size_t length)
{
	if ((client->rest = malloc(length)) == NULL)
		err(EXIT_FAILURE, "malloc");
	memcpy(client->rest, data, length);
	client->length = length;
	client->done = 0;
	watch(EPOLL_CTL_MOD, client, client->fd, EPOLLOUT);
}

static void
echo(struct client *client)
{
	ssize_t count = read(client->fd, buffer, sizeof buffer);

	if (count == -1 && errno == EAGAIN)
		return;
	if (count <= 0) {
		drop(client);
		return;
	}
	ssize_t sent = write(client->fd, buffer, (size_t)count);
	if (sent == -1 && errno == EAGAIN)
		sent = 0;
	if (sent == -1)
		drop(client);
	else if (sent < count)
		keep_rest(client, buffer + sent, (size_t)(count - sent));
}

static void
send_rest(struct client *client)
{
	ssize_t sent = write(client->fd, client->rest + client->done,
	    client->length - client->done);

	if (sent == -1 && errno == EAGAIN)
		return;
	if (sent == -1) {
		drop(client);
		return;
	}
	client->done += (size_t)sent;
	if (client->done < client->length)
		return;
	free(client->rest);
	client->rest = NULL;
	watch(EPOLL_CTL_MOD, client, client->fd, EPOLLIN);
}

int
main(void)
{
	struct epoll_event events[BATCH];
	int listener = open_listener();

	(void)signal(SIGPIPE, SIG_IGN);
	if ((queue = epoll_create1(0)) == -1)
		err(EXIT_FAILURE, "epoll_create1");
	watch(EPOLL_CTL_ADD, NULL, listener, EPOLLIN);
	for (;;) {
		int count = epoll_wait(queue, events, BATCH, -1);
		for (int i = 0; i < count; i++) {
			struct client *client = events[i].data.ptr;
			if (client == NULL)
				accept_clients(listener);
			else if (client->rest != NULL)
				send_rest(client);
			else
				echo(client);
		}
	}
}
