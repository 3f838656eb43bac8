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
 * Whether standard error is the client's, as inetd leaves it: then nothing
 * must be written to it but echoes.
 */
bool inetd_stderr_is_client(void);

/*
 * Moves the client off the standard descriptors and returns its descriptor.
 * Ends the program if standard input is not a connected TCP socket.
 */
int inetd_take_client(struct addr *peer);

#endif
