/* SPDX-License-Identifier: ISC */

/* Runs in the parent. */

#include "parent/sockets/socket_options.h"

#include <sys/time.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "child/session.h"
#include "common/clock.h"

enum {
	/*
	 * A silent peer is gone after 60 + 6 * 10 seconds, or by write-timeout
	 * where there is one: TCP_USER_TIMEOUT takes the place of the count.
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
bool
socket_options_least_ttl(int fd, sa_family_t family, int ttl)
{
	if (family == AF_INET)
		return set_int(fd, IPPROTO_IP, IP_MINTTL, ttl);
	return set_int(fd, IPPROTO_IPV6, IPV6_MINHOPCOUNT, ttl);
}
