/* SPDX-License-Identifier: ISC */

/* Runs in the parent. */

#include "parent/sockets/listener.h"

#include <linux/filter.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child/session.h"
#include "common/clock.h"
#include "parent/log/log.h"

enum {
	FIRST_PASSED_FD = 3,  /* sd_listen_fds(3): SD_LISTEN_FDS_START */
	SAME_PORT_TRIES = 32, /* for *:0, the same free port in both families */

	/*
	 * A silent peer is gone after 60 + 6 * 10 seconds, or by write-timeout
	 * where there is one: TCP_USER_TIMEOUT takes the place of the count.
	 */
	KEEPALIVE_IDLE = 60,
	KEEPALIVE_INTERVAL = 10,
	KEEPALIVE_PROBES = 6
};

/* ---- options ------------------------------------------------------------ */

static bool
set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

static bool
set_timeout(int fd, int name, int64_t span)
{
	struct timeval tv = clock_timeval(span);

	return setsockopt(fd, SOL_SOCKET, name, &tv, sizeof tv) == 0;
}

bool
listener_configure_socket(int fd, const struct config *config)
{
	/* Rounded up, because 0 would be the kernel's default. */
	int64_t user_timeout = (config->write_timeout + MSEC - 1) / MSEC;
	int64_t slice =
	    (config->write_timeout + STALL_SLICES - 1) / STALL_SLICES;

	/* An urgent byte is a byte, to be echoed in its place. */
	return set_int(fd, SOL_SOCKET, SO_OOBINLINE, 1) &&
	       set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1) &&
	       set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1) &&
	       set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE) &&
	       set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL) &&
	       set_int(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES) &&
	       set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, (int)user_timeout) &&
	       set_int(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT,
		   (int)config->send_buffer) &&
	       set_timeout(fd, SO_RCVTIMEO, config->idle_timeout) &&
	       set_timeout(fd, SO_SNDTIMEO, slice);
}

bool
listeners_configure(struct listeners *listeners, const struct config *config)
{
	bool good = true;

	for (size_t i = 0; i < listeners->count; i++) {
		struct listener *l = &listeners->items[i];
		char name[ADDR_STRLEN];
		if (listener_configure_socket(l->fd, config) &&
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

static bool
append(struct listeners *listeners, int fd, const struct addr *asked)
{
	struct listener listener = {.fd = fd, .asked = *asked};

	return listener_local_address(fd, &listener.addr) &&
	       listeners_add(listeners, &listener);
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
	if (append(listeners, fd, asked))
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

/* "*": both families on one port; one is enough where there is no other. */
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
		if (!have_v4 || any->port != 0 || errno != EADDRINUSE)
			return false;
		(void)close(listeners->items[--listeners->count].fd);
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

/* Opens what is missing.  False if something cannot be had, which is logged. */
static bool
open_missing(struct listeners *listeners, const struct config *config)
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

/* ---- adopting ----------------------------------------------------------- */

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

/* Ends the program if it is unfit. */
static void
adopt(struct listeners *listeners, int fd, const struct addr *asked)
{
	const char *why = unfit(fd);

	if (why != NULL)
		log_fatalx("passed descriptor %d: %s", fd, why);
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) == -1 ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) == -1 ||
	    !append(listeners, fd, asked))
		log_fatal("passed descriptor %d", fd);
}

void
listeners_adopt(struct listeners *listeners, int count)
{
	static const struct addr none;

	*listeners = (struct listeners){.adopted = true};
	for (int fd = FIRST_PASSED_FD; fd < FIRST_PASSED_FD + count; fd++)
		adopt(listeners, fd, &none);
}

/* The setting that a socket can have been opened for, or NULL. */
static const struct addr *
setting_of(const struct config *config, int fd)
{
	static const uint8_t any[16];
	struct addr addr;

	if (!listener_local_address(fd, &addr))
		return NULL;
	for (size_t i = 0; i < config->listen.count; i++) {
		const struct addr *asked = &config->listen.items[i];
		if (addr_equal(asked, &addr) ||
		    (asked->family == AF_UNSPEC && asked->port == addr.port &&
			memcmp(addr.bytes, any, sizeof any) == 0))
			return asked;
	}
	return NULL;
}

void
listeners_reuse(
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
			mark_any(listeners, listeners->count - 1);
	}
	if (!open_missing(listeners, config))
		exit(EXIT_FAILURE);
}

void
listeners_store(struct listeners *listeners, const struct notify *notify)
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

/*
 * The least TTL of a packet that the socket takes; the option is meant for RFC
 * 5082.  The kernel checks it for a SYN, but not for the packets that complete
 * a handshake, and new sockets inherit it.
 *
 * With 255, every SYN is dropped that has crossed a router or comes from a
 * system that sends a smaller TTL, as Linux does (64).  The limit: a neighbour
 * that sends 255, as many routers do, can still connect, and is reset if it
 * does so just before the listener closes.
 */
static bool
set_least_ttl(const struct listener *listener, int fd, int ttl)
{
	if (listener->addr.family == AF_INET)
		return set_int(fd, IPPROTO_IP, IP_MINTTL, ttl);
	return set_int(fd, IPPROTO_IPV6, IPV6_MINHOPCOUNT, ttl);
}

static void
block_new(struct listener *listener)
{
	(void)set_least_ttl(listener, listener->fd, 255);
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

	if (listeners->adopted || !open_missing(listeners, config))
		return false;
	for (size_t i = 0; i < listeners->count; i++) {
		struct listener *listener = &listeners->items[i];
		listener->dropped = !is_asked(config, &listener->asked);
		if (listener->dropped)
			block_new(listener);
		else /* it may have been dropped before */
			(void)set_least_ttl(listener, listener->fd, 0);
		dropped |= listener->dropped;
	}
	return dropped;
}

void
listener_refresh_socket(
    const struct listener *listener, int fd, const struct config *config)
{
	/* What fails here does so because the client has gone. */
	(void)listener_configure_socket(fd, config);
	(void)set_least_ttl(listener, fd, 0);
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

/*
 * accept(2) also returns errors of the connection that it would have accepted,
 * and of a firewall; these concern that client only.  Errors that cannot go
 * away mean that the socket does not listen.  The parent tries again after a
 * pause for any other, including those that accept(2) announces for future
 * protocols.
 */
static const struct {
	int error;
	enum accepted outcome;
} outcomes[] = {
    {EAGAIN, ACCEPTED_NOBODY},
    {ECONNABORTED, ACCEPTED_GONE},
    {EINTR, ACCEPTED_GONE},
    {EPROTO, ACCEPTED_GONE},
    {EPERM, ACCEPTED_GONE},
    {ETIMEDOUT, ACCEPTED_GONE},
    {ENETDOWN, ACCEPTED_GONE},
    {ENETUNREACH, ACCEPTED_GONE},
    {ENOPROTOOPT, ACCEPTED_GONE},
    {EHOSTDOWN, ACCEPTED_GONE},
    {EHOSTUNREACH, ACCEPTED_GONE},
    {ENONET, ACCEPTED_GONE},
    {EMFILE, ACCEPTED_EXHAUSTED},
    {ENFILE, ACCEPTED_EXHAUSTED},
    {ENOBUFS, ACCEPTED_EXHAUSTED},
    {ENOMEM, ACCEPTED_EXHAUSTED},
    {EBADF, ACCEPTED_BROKEN},
    {EFAULT, ACCEPTED_BROKEN},
    {EINVAL, ACCEPTED_BROKEN},
    {ENOTSOCK, ACCEPTED_BROKEN},
};

static enum accepted
classify(int error)
{
	for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++)
		if (outcomes[i].error == error)
			return outcomes[i].outcome;
	return ACCEPTED_EXHAUSTED;
}

enum accepted
listener_accept(const struct listener *listener, int *fd, struct addr *peer)
{
	struct sockaddr_storage ss = {.ss_family = AF_UNSPEC};
	socklen_t length = sizeof ss;

	*fd = accept4(
	    listener->fd, (struct sockaddr *)&ss, &length, SOCK_CLOEXEC);
	if (*fd == -1)
		return classify(errno);
	if (addr_from_sockaddr(peer, (struct sockaddr *)&ss))
		return ACCEPTED_PEER;
	(void)close(*fd);
	return ACCEPTED_GONE;
}
