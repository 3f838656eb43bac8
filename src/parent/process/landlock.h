/* SPDX-License-Identifier: ISC */

/*
 * Landlock: restricts which files the parent can write and execute, where it
 * can connect and which processes it can signal.  It can read what its user
 * can.  Sessions and the program that an upgrade executes are restricted as
 * well.
 */

#ifndef LANDLOCK_H
#define LANDLOCK_H

#include <stdbool.h>

/*
 * The parent can then
 * - write to /dev/null, to the terminal on standard error, and beneath the
 *   given directory, if there is one;
 * - execute files in the program's directory and, if it was linked dynamically,
 *   in its loader's, for an upgrade;
 * - listen on TCP ports, but not connect to one;
 * - signal its sessions only.  If it is not alone, because it has sessions from
 *   before, it can signal others as well: it could not reach those sessions
 *   otherwise.
 * Restricts what the kernel can; returns its version of Landlock, or 0 with
 * errno if it has none.  Needs no_new_privs.
 */
int landlock_enter(const char *program, const char *writable, bool alone);

#endif
