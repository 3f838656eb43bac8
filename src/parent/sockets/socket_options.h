/* SPDX-License-Identifier: ISC */

/*
 * The options of listening sockets and of sessions.
 *
 * All options that sessions need, such as the timeouts for the idle and the
 * stall limit, are set on the listening socket.  Accepted sockets inherit them,
 * so that a connection costs no call.
 */

#ifndef SOCKET_OPTIONS_H
#define SOCKET_OPTIONS_H

#include <sys/socket.h>

#include <stdbool.h>

#include "parent/settings/config.h"

/*
 * Sets the options of a listening or connected socket.  False with errno if it
 * is not a TCP socket.
 */
bool socket_options_set(int fd, const struct config *);

/* The least TTL, or hop limit, of a SYN that the socket takes; 0 = any. */
bool socket_options_least_ttl(int fd, sa_family_t, int ttl);

#endif
