/* SPDX-License-Identifier: ISC */

/*
 * inetd mode: the client is on standard input already, connected by inetd(8),
 * xinetd(8) or a systemd socket with Accept=yes.  It gets the session that
 * any other client gets, with the same confinement, limits and log line.
 */

#ifndef INETD_H
#define INETD_H

#include <stdbool.h>

#include "common/addr.h"

/*
 * Whether the standard descriptor is the socket on standard input, as inetd
 * leaves it: then nothing must be written to it but echoes.  True of another
 * program's socket as well, whatever the command line says.
 */
bool inetd_is_client(int fd);

/*
 * Moves the client off the standard descriptors and returns its descriptor, or
 * -1 if the client has gone.  Ends the program if standard input is not a
 * connected TCP socket.
 */
int inetd_take_client(struct addr *peer);

#endif
