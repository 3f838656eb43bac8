/* SPDX-License-Identifier: ISC */

/*
 * The pidfile's keeper: a process beside the parent that alone holds the
 * pidfile and its lock.  It keeps the rights of the start, so it can remove a
 * file that root made, but no capabilities; its descriptors are the file and a
 * socket to the parent, from which it takes two orders.  The pid that it
 * writes was fixed when it was forked, so no order can name another one.
 */

#ifndef KEEPER_H
#define KEEPER_H

#include <sys/types.h>

enum keeper_order {
	KEEPER_PUBLISH = 'p', /* write the daemon's pid into the file */
	KEEPER_REMOVE = 'r'   /* remove the file if it is still in its place */
};

/*
 * Starts the keeper of a locked file.  Returns the socket to it, which the
 * caller closes, or -1 with errno.  The keeper ends with that socket and, if
 * it had no order to remove the file, leaves it there.
 */
int keeper_start(const char *path, int lockfile, pid_t daemon);

/*
 * Gives an order and waits for the answer.  Returns 0 or an error number:
 * ESTALE if the path leads to another file by now, EPIPE if there is no keeper
 * any more.
 */
int keeper_order(int keeper, enum keeper_order);

#endif
