/* SPDX-License-Identifier: ISC */

#include "client/connect.h"

#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "client/interrupts.h"
#include "client/proxy_header.h"

/* Small messages must leave at once; the bind must not cost a port early. */
static int
prepare(int fd, const struct target *target)
{
	const int on = 1;
	struct sockaddr_storage ss;

	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == -1)
		return -1;
	if (target->source.family == AF_UNSPEC)
		return 0;
	(void)setsockopt(
	    fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
	socklen_t length = addr_to_sockaddr(&target->source, &ss);
	return bind(fd, (const struct sockaddr *)&ss, length);
}

int
connect_start(const struct target *target, const struct addrinfo *address)
{
	int fd = socket(
	    address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return -1;
	if (prepare(fd, target) == 0 &&
	    (connect(fd, address->ai_addr, address->ai_addrlen) == 0 ||
		errno == EINPROGRESS))
		return fd;
	int saved = errno;
	(void)close(fd);
	errno = saved;
	return -1;
}

/* Tries the address and those after it until one does not fail at once. */
static enum attempt_state
try_from(struct attempt *attempt, const struct addrinfo *address)
{
	for (; address != NULL; address = address->ai_next) {
		attempt->address = address;
		attempt->began = clock_now();
		attempt->fd = connect_start(attempt->target, address);
		if (attempt->fd != -1)
			return ATTEMPT_PENDING;
		attempt->error = errno;
	}
	return ATTEMPT_FAILED;
}

enum attempt_state
attempt_begin(struct attempt *attempt, const struct target *target)
{
	*attempt = (struct attempt){.target = target, .fd = -1};
	return try_from(attempt, target->addresses);
}

int64_t
attempt_deadline(const struct attempt *attempt)
{
	int64_t timeout = attempt->target->timeout;

	return timeout == 0 ? INT64_MAX : attempt->began + timeout;
}

int
connect_error(int fd)
{
	int error = 0;
	socklen_t length = sizeof error;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == -1)
		return errno;
	return error;
}

enum attempt_state
attempt_continue(struct attempt *attempt)
{
	struct pollfd pfd = {.fd = attempt->fd, .events = POLLOUT};
	int ready = poll(&pfd, 1, 0);

	if (ready == 1) {
		if ((attempt->error = connect_error(attempt->fd)) == 0)
			return ATTEMPT_DONE;
	} else if (clock_now() < attempt_deadline(attempt)) {
		return ATTEMPT_PENDING;
	} else {
		attempt->error = ETIMEDOUT;
	}
	attempt_cancel(attempt);
	return try_from(attempt, attempt->address->ai_next);
}

void
attempt_cancel(struct attempt *attempt)
{
	if (attempt->fd != -1)
		(void)close(attempt->fd);
	attempt->fd = -1;
}

int
connect_wait(const struct target *target, const struct addrinfo **address)
{
	struct attempt attempt;
	enum attempt_state state = attempt_begin(&attempt, target);

	while (state == ATTEMPT_PENDING) {
		struct pollfd pfd = {.fd = attempt.fd, .events = POLLOUT};
		if (interrupts_poll(&pfd, 1, attempt_deadline(&attempt)) == 0 &&
		    interrupts_stop()) {
			attempt_cancel(&attempt);
			errno = EINTR;
			return -1;
		}
		state = attempt_continue(&attempt);
	}
	if (state == ATTEMPT_FAILED) {
		errno = attempt.error;
		return -1;
	}
	if (address != NULL)
		*address = attempt.address;
	return attempt.fd;
}

int
connect_greet(const struct target *target, int fd)
{
	uint8_t header[PROXY_HEADER_MAX];
	struct sockaddr_storage ss = {0};
	socklen_t length = sizeof ss;
	struct addr here, there;

	if (target->proxy_version == 0)
		return 0;
	if (getsockname(fd, (struct sockaddr *)&ss, &length) == -1)
		return -1;
	(void)addr_from_sockaddr(&here, (const struct sockaddr *)&ss);
	length = sizeof ss;
	if (getpeername(fd, (struct sockaddr *)&ss, &length) == -1)
		return -1;
	(void)addr_from_sockaddr(&there, (const struct sockaddr *)&ss);
	if (target->proxy_source.family != AF_UNSPEC)
		here = target->proxy_source;
	size_t n =
	    proxy_header_build(target->proxy_version, &here, &there, header);
	/* a new connection has room for it: a short write is impossible */
	return send(fd, header, n, MSG_NOSIGNAL) == (ssize_t)n ? 0 : -1;
}
