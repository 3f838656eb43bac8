/* SPDX-License-Identifier: ISC */

/*
 * The pidfile's keeper: a process beside the parent that holds the pidfile and
 * its lock.  It stays the user that started the daemon, so it can remove a file
 * that root has made, but has no capabilities.  Its only descriptors are the
 * file and a socket, over which the parent gives one of two orders.  It knew
 * the pid to write when it was forked, so no order can name another one.
 */

#ifndef KEEPER_H
#define KEEPER_H

#include <sys/types.h>

enum keeper_order {
	KEEPER_PUBLISH = 'p', /* write the daemon's pid into the file */
	KEEPER_REMOVE = 'r' /* remove the file if the path still leads to it */
};

/*
 * Starts the keeper of a locked file.  Returns the socket to it, or -1 with
 * errno.  When the caller closes the socket, the keeper exits, and leaves the
 * file unless it was ordered to remove it.
 */
int keeper_start(const char *path, int lockfile, pid_t daemon);

/*
 * Gives an order and waits for the answer.  Returns 0 or an error number:
 * ESTALE if the path now leads to another file, EPIPE if the keeper is dead.
 */
int keeper_order(int keeper, enum keeper_order);

#endif
