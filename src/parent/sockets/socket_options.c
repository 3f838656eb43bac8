/* SPDX-License-Identifier: ISC */

#include "parent/sockets/socket_options.h"

#include <sys/time.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "child/session.h"
#include "common/clock.h"

enum {
	/*
	 * The kernel gives a silent peer up after 60 + 6 * 10 seconds, or after
	 * write-timeout, if that is set: TCP_USER_TIMEOUT replaces the number
	 * of probes.
	 */
	KEEPALIVE_IDLE = 60,
	KEEPALIVE_INTERVAL = 10,
	KEEPALIVE_PROBES = 6
};

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
socket_options_set(int fd, const struct config *config)
{
	/* Round up, because 0 means the kernel's default. */
	int64_t user_timeout = (config->write_timeout + MSEC - 1) / MSEC;
	int64_t slice =
	    (config->write_timeout + STALL_SLICES - 1) / STALL_SLICES;

	/* SO_OOBINLINE: an urgent byte is echoed in its place in the stream. */
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

/*
 * Sets the least TTL of packets that the socket accepts, an option meant for
 * RFC 5082.  The kernel applies it to a SYN, but not to the packets that
 * complete a handshake, and accepted sockets inherit it.
 *
 * 255 drops every SYN that has crossed a router, or that comes from a system
 * with a lower initial TTL, such as Linux (64).  It does not stop a neighbour
 * on the same link that sends 255, as many routers do: this one can still
 * connect, and is reset if it does so just before the listener closes.
 */
bool
socket_options_least_ttl(int fd, sa_family_t family, int ttl)
{
	if (family == AF_INET)
		return set_int(fd, IPPROTO_IP, IP_MINTTL, ttl);
	return set_int(fd, IPPROTO_IPV6, IPV6_MINHOPCOUNT, ttl);
}
