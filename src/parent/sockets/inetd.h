/* SPDX-License-Identifier: ISC */

/*
 * inetd mode: standard input is the connected socket of a client, from
 * inetd(8), xinetd(8) or a systemd socket with Accept=yes.  The client gets a
 * session like any other, with the same confinement, limits and log line.
 */

#ifndef INETD_H
#define INETD_H

#include <stdbool.h>

#include "common/addr.h"

/*
 * Whether a standard descriptor is the same socket as standard input, as inetd
 * leaves it.  Then only echoes may be written to it.  This does not depend on
 * the command line.
 */
bool inetd_is_client(int fd);

/*
 * Moves the client off the standard descriptors and returns its descriptor, or
 * -1 if the client has gone.  Ends the program if standard input is not a
 * connected TCP socket.
 */
int inetd_take_client(struct addr *peer);

#endif
