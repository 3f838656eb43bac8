/* SPDX-License-Identifier: ISC */

/*
 * Landlock: which files the parent may write and execute, and what it may
 * connect to and signal, whatever its user may.  It may read what its user
 * can read.  Sessions and the program of an upgrade are under it as well.
 */

#ifndef LANDLOCK_H
#define LANDLOCK_H

#include <stdbool.h>

/*
 * Leaves the parent
 * - writing to /dev/null and to the terminal on standard error, and beneath
 *   the given directory, if there is one;
 * - executing what is in the program's directory and, if it was linked
 *   dynamically, in its loader's, for an upgrade;
 * - listening on TCP ports, but no connection to one;
 * - signals to its sessions; to others, too, if it is not alone, for those
 *   that it has from before would be out of its reach.
 * As far as the kernel knows of these: returns its version of Landlock, or 0
 * with errno if it has none.  Needs no_new_privs.
 */
int landlock_enter(const char *program, const char *writable, bool alone);

#endif
