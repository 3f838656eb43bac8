/* SPDX-License-Identifier: ISC */

/* Connects to one address without blocking, and sends the PROXY header. */

#ifndef CONNECT_H
#define CONNECT_H

#include "client/target.h"

/*
 * Opens a non-blocking socket to one address and starts to connect; success
 * may still be pending.  Returns the descriptor or -1 with errno.
 */
int connect_start(const struct target *, const struct addr *);

/*
 * Finds out whether that has succeeded and sends the PROXY protocol header if
 * the target wants one.  Returns 0 or the error.
 */
int connect_finish(const struct target *, int fd);

#endif
