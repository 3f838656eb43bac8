/* SPDX-License-Identifier: ISC */

#include "parent/sockets/listener.h"

#include <sys/socket.h>

#include <netinet/in.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent/log/log.h"
#include "parent/sockets/socket_options.h"

enum {
	SAME_PORT_TRIES = 32 /* to find a free port for *:0 in both families */
};

bool
listeners_configure(struct listeners *listeners, const struct config *config)
{
	bool good = true;

	for (size_t i = 0; i < listeners->count; i++) {
		struct listener *l = &listeners->items[i];
		char name[ADDR_STRLEN];
		if (socket_options_set(l->fd, config) &&
		    listen(l->fd, (int)config->backlog) == 0) {
			l->outdated = true;
			continue;
		}
		log_err("cannot configure %s", addr_format(&l->addr, name));
		good = false;
	}
	return good;
}

/* ---- opening ------------------------------------------------------------ */

bool
listener_local_address(int fd, struct addr *addr)
{
	struct sockaddr_storage ss;
	socklen_t length = sizeof ss;

	if (getsockname(fd, (struct sockaddr *)&ss, &length) == -1)
		return false;
	if (!addr_from_sockaddr(addr, (struct sockaddr *)&ss)) {
		errno = EAFNOSUPPORT;
		return false;
	}
	return true;
}

bool
listeners_add(struct listeners *listeners, const struct listener *listener)
{
	struct listener *grown =
	    reallocarray(listeners->items, listeners->count + 1, sizeof *grown);

	if (grown == NULL)
		return false;
	listeners->items = grown;
	grown[listeners->count++] = *listener;
	return true;
}

bool
listeners_append(struct listeners *listeners, int fd, const struct addr *asked)
{
	struct listener listener = {.fd = fd, .asked = *asked};

	return listener_local_address(fd, &listener.addr) &&
	       listeners_add(listeners, &listener);
}

static bool
set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

/* Returns a bound socket, or -1 with errno. */
static int
bind_socket(const struct addr *addr, bool shared)
{
	struct sockaddr_storage ss;
	socklen_t length = addr_to_sockaddr(addr, &ss);
	int fd =
	    socket(addr->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return -1;
	if (set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1) &&
	    (!shared || set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1)) &&
	    (addr->family != AF_INET6 ||
		set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)) &&
	    bind(fd, (struct sockaddr *)&ss, length) == 0)
		return fd;
	int error = errno;
	(void)close(fd);
	errno = error;
	return -1;
}

static bool
open_one(struct listeners *listeners, const struct addr *addr,
    const struct addr *asked)
{
	int fd = bind_socket(addr, listeners->shared);

	if (fd == -1)
		return false;
	if (listeners_append(listeners, fd, asked))
		return true;
	int error = errno;
	(void)close(fd);
	errno = error;
	return false;
}

static bool
is_family_missing(int error)
{
	return error == EAFNOSUPPORT || error == EADDRNOTAVAIL;
}

static void
mark_any(struct listeners *listeners, size_t first)
{
	for (size_t i = first; i < listeners->count; i++)
		listeners->items[i].any = true;
}

/*
 * Opens "*": both families on one port.  One is enough if the system lacks the
 * other.
 */
static bool
open_both(struct listeners *listeners, const struct addr *any)
{
	struct addr v4 = {.family = AF_INET, .port = any->port};
	struct addr v6 = {.family = AF_INET6, .port = any->port};
	size_t first = listeners->count;

	for (int i = 0; i < SAME_PORT_TRIES; i++) {
		bool have_v4 = open_one(listeners, &v4, any);
		if (!have_v4 && !is_family_missing(errno))
			return false;
		if (have_v4)
			v6.port = listeners->items[first].addr.port;
		if (open_one(listeners, &v6, any) ||
		    (have_v4 && is_family_missing(errno))) {
			mark_any(listeners, first);
			return true;
		}
		int error = errno;
		if (have_v4)
			listener_close(listeners, first);
		errno = error;
		if (!have_v4 || any->port != 0 || errno != EADDRINUSE)
			return false;
	}
	return false;
}

static bool
open_asked(struct listeners *listeners, const struct addr *asked)
{
	return asked->family == AF_UNSPEC ? open_both(listeners, asked)
					  : open_one(listeners, asked, asked);
}

static bool
is_open(const struct listeners *listeners, const struct addr *asked)
{
	for (size_t i = 0; i < listeners->count; i++)
		if (addr_equal(&listeners->items[i].asked, asked))
			return true;
	return false;
}

static bool
is_asked(const struct config *config, const struct addr *asked)
{
	for (size_t i = 0; i < config->listen.count; i++)
		if (addr_equal(&config->listen.items[i], asked))
			return true;
	return false;
}

static _Noreturn void
refuse(const struct addr *addr)
{
	char name[ADDR_STRLEN];

	if (errno == EACCES)
		log_fatal_config(
		    "cannot listen on %s: %s (a port below 1024 needs root or "
		    "CAP_NET_BIND_SERVICE, others do not: --listen=7007)",
		    addr_format(addr, name), strerror(EACCES));
	log_fatal("cannot listen on %s", addr_format(addr, name));
}

void
listeners_open(struct listeners *listeners, const struct config *config)
{
	listeners->shared = config->reuse_port;
	for (size_t i = 0; i < config->listen.count; i++) {
		const struct addr *asked = &config->listen.items[i];
		if (!open_asked(listeners, asked))
			refuse(asked);
	}
}

bool
listeners_open_missing(struct listeners *listeners, const struct config *config)
{
	bool good = true;

	listeners->shared = config->reuse_port;
	for (size_t i = 0; i < config->listen.count; i++) {
		const struct addr *asked = &config->listen.items[i];
		char name[ADDR_STRLEN];
		if (is_open(listeners, asked) || open_asked(listeners, asked))
			continue;
		log_err("cannot listen on %s", addr_format(asked, name));
		good = false;
	}
	return good;
}

static void
block_new(struct listener *listener)
{
	(void)socket_options_least_ttl(
	    listener->fd, listener->addr.family, 255);
	listener->outdated = true;
}

void
listeners_block_new(struct listeners *listeners)
{
	for (size_t i = 0; i < listeners->count; i++)
		block_new(&listeners->items[i]);
}

bool
listeners_change(struct listeners *listeners, const struct config *config)
{
	bool dropped = false;

	if (listeners->adopted || !listeners_open_missing(listeners, config))
		return false;
	for (size_t i = 0; i < listeners->count; i++) {
		struct listener *listener = &listeners->items[i];
		listener->dropped = !is_asked(config, &listener->asked);
		if (listener->dropped)
			block_new(listener);
		else /* a former upgrade may have dropped it */
			(void)socket_options_least_ttl(
			    listener->fd, listener->addr.family, 0);
		dropped |= listener->dropped;
	}
	return dropped;
}

void
listener_refresh_socket(
    const struct listener *listener, int fd, const struct config *config)
{
	/* Errors mean that the client has gone. */
	(void)socket_options_set(fd, config);
	(void)socket_options_least_ttl(fd, listener->addr.family, 0);
}

const char *
listener_name(const struct listener *listener, char buf[ADDR_STRLEN])
{
	struct addr any = {.port = listener->addr.port};

	return addr_format(listener->any ? &any : &listener->addr, buf);
}

void
listener_close(struct listeners *listeners, size_t index)
{
	(void)close(listeners->items[index].fd);
	listeners->items[index] = listeners->items[--listeners->count];
}

void
listeners_close(struct listeners *listeners)
{
	for (size_t i = 0; i < listeners->count; i++)
		(void)close(listeners->items[i].fd);
	free(listeners->items);
	listeners->items = NULL;
	listeners->count = 0;
}

/* ---- accepting ---------------------------------------------------------- */

enum accepted
listener_accept(const struct listener *listener, int *fd, struct addr *peer)
{
	struct sockaddr_storage ss = {.ss_family = AF_UNSPEC};
	socklen_t length = sizeof ss;

	*fd = accept4(
	    listener->fd, (struct sockaddr *)&ss, &length, SOCK_CLOEXEC);
	if (*fd == -1)
		return accept_errors_classify(errno);
	if (addr_from_sockaddr(peer, (struct sockaddr *)&ss))
		return ACCEPTED_PEER;
	(void)close(*fd);
	return ACCEPTED_GONE;
}
