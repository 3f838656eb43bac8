/* SPDX-License-Identifier: ISC */

/*
 * The options of listening sockets and of sessions.
 *
 * Every option that a session's socket needs, such as the timeouts for the idle
 * and the stall limit, is set on the listening socket and inherited through
 * accept(2), so that a connection costs no call for it.
 */

#ifndef SOCKET_OPTIONS_H
#define SOCKET_OPTIONS_H

#include <sys/socket.h>

#include <stdbool.h>

#include "parent/settings/config.h"

/*
 * Sets those of a listening socket, or of a connected one.  False with errno if
 * it is unfit.
 */
bool socket_options_set(int fd, const struct config *);

/* The least TTL, or hop limit, of a SYN that the socket takes; 0 = any. */
bool socket_options_least_ttl(int fd, sa_family_t, int ttl);

#endif
