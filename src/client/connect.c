/* SPDX-License-Identifier: ISC */

#include "client/connect.h"

#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "client/proxy_header.h"

/*
 * Sets the options: small messages leave at once, and bind(2) to an address
 * takes no port yet.
 */
static int
prepare(int fd, int family, const struct target *target)
{
	const int on = 1, tos = (int)target->asked->dscp << 2;
	struct sockaddr_storage ss;

	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == -1)
		return -1;
	if (target->asked->interface != NULL &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE,
		target->asked->interface,
		(socklen_t)strlen(target->asked->interface)) == -1)
		return -1;
	if (tos != 0 &&
	    setsockopt(fd, family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP,
		family == AF_INET6 ? IPV6_TCLASS : IP_TOS, &tos,
		sizeof tos) == -1)
		return -1;
	if (target->source.family == AF_UNSPEC)
		return 0;
	(void)setsockopt(
	    fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
	socklen_t length = addr_to_sockaddr(&target->source, &ss);
	return bind(fd, (const struct sockaddr *)&ss, length);
}

int
connect_start(const struct target *target, const struct addr *address)
{
	struct sockaddr_storage ss;
	socklen_t length = addr_to_sockaddr(address, &ss);
	int fd = socket(
	    address->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return -1;
	if (prepare(fd, address->family, target) == 0 &&
	    (connect(fd, (const struct sockaddr *)&ss, length) == 0 ||
		errno == EINPROGRESS))
		return fd;
	int saved = errno;
	(void)close(fd);
	errno = saved;
	return -1;
}

/* Sends the PROXY protocol header; returns 0 or the error. */
static int
send_header(const struct target *target, int fd)
{
	uint8_t header[PROXY_HEADER_MAX];
	struct sockaddr_storage ss = {0};
	socklen_t length = sizeof ss;
	struct addr here, there;

	if (getsockname(fd, (struct sockaddr *)&ss, &length) == -1)
		return errno;
	(void)addr_from_sockaddr(&here, (const struct sockaddr *)&ss);
	length = sizeof ss;
	if (getpeername(fd, (struct sockaddr *)&ss, &length) == -1)
		return errno;
	(void)addr_from_sockaddr(&there, (const struct sockaddr *)&ss);
	if (target->proxy_source.family != AF_UNSPEC)
		here = target->proxy_source;
	size_t n = proxy_header_build(
	    target->asked->proxy_version, &here, &there, header);
	/* a new connection has room for the header, so it is sent whole */
	return send(fd, header, n, MSG_NOSIGNAL) == (ssize_t)n ? 0 : errno;
}

int
connect_finish(const struct target *target, int fd)
{
	int error = 0;
	socklen_t length = sizeof error;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == -1)
		return errno;
	if (error == 0 && target->asked->proxy_version != 0)
		error = send_header(target, fd);
	return error;
}
