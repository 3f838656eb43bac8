/* SPDX-License-Identifier: ISC */

#include "parent/sockets/activation.h"

#include <sys/socket.h>

#include <netinet/in.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent/log/log.h"

enum {
	FIRST_PASSED_FD = 3 /* sd_listen_fds(3): SD_LISTEN_FDS_START */
};

static bool
has_option(int fd, int name, int value)
{
	int actual;
	socklen_t length = sizeof actual;

	return getsockopt(fd, SOL_SOCKET, name, &actual, &length) == 0 &&
	       actual == value;
}

/* Why a passed descriptor cannot be listened on, or NULL. */
static const char *
unfit(int fd)
{
	if (!has_option(fd, SO_TYPE, SOCK_STREAM))
		return "not a stream socket";
	if (!has_option(fd, SO_DOMAIN, AF_INET) &&
	    !has_option(fd, SO_DOMAIN, AF_INET6))
		return "not an internet socket";
	if (!has_option(fd, SO_PROTOCOL, IPPROTO_TCP))
		return "not a TCP socket";
	if (!has_option(fd, SO_ACCEPTCONN, 1))
		return "not listening";
	return NULL;
}

/* Ends the program if the descriptor is unfit. */
static void
adopt(struct listeners *listeners, int fd, const struct addr *asked)
{
	const char *why = unfit(fd);

	if (why != NULL)
		log_fatalx("passed descriptor %d: %s", fd, why);
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) == -1 ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) == -1 ||
	    !listeners_append(listeners, fd, asked))
		log_fatal("passed descriptor %d", fd);
}

void
activation_adopt(struct listeners *listeners, int count)
{
	static const struct addr none;

	*listeners = (struct listeners){.adopted = true};
	for (int fd = FIRST_PASSED_FD; fd < FIRST_PASSED_FD + count; fd++)
		adopt(listeners, fd, &none);
}

/* The setting that matches a socket's address, or NULL. */
static const struct addr *
setting_of(const struct config *config, int fd)
{
	static const uint8_t any[16];
	struct addr addr;

	if (!listener_local_address(fd, &addr))
		return NULL;
	for (size_t i = 0; i < config->listen.count; i++) {
		const struct addr *asked = &config->listen.items[i];
		bool same = asked->family == AF_UNSPEC
				? asked->port == addr.port &&
				      memcmp(addr.bytes, any, sizeof any) == 0
				: addr_equal(asked, &addr);
		if (same)
			return asked;
	}
	return NULL;
}

void
activation_reuse(
    struct listeners *listeners, const struct config *config, int count)
{
	for (int fd = FIRST_PASSED_FD; fd < FIRST_PASSED_FD + count; fd++) {
		const struct addr *asked = setting_of(config, fd);
		if (asked == NULL) {
			(void)close(fd);
			continue;
		}
		adopt(listeners, fd, asked);
		if (asked->family == AF_UNSPEC)
			listeners->items[listeners->count - 1].any = true;
	}
	if (!listeners_open_missing(listeners, config))
		exit(EXIT_FAILURE);
}

void
activation_store(struct listeners *listeners, const struct notify *notify)
{
	listeners->stored = !listeners->adopted && listeners->count > 0 &&
			    listeners->count <= notify->store;
	if (!listeners->stored)
		return;
	(void)notify_send(
	    notify, "FDSTOREREMOVE=1\nFDNAME=" NOTIFY_STORED_NAME);
	for (size_t i = 0; i < listeners->count; i++)
		listeners->stored &=
		    listeners->items[i].dropped ||
		    notify_store(notify, listeners->items[i].fd);
}
