/* SPDX-License-Identifier: ISC */

/*
 * The pidfile: one daemon per file, which is locked while the daemon runs. The
 * file of a daemon that was killed does not hinder the next.
 */

#ifndef PIDFILE_H
#define PIDFILE_H

#include <stddef.h>

/*
 * Locks the file, leaves it to the keeper, and arranges for its removal when
 * this process calls exit(3).  Ends the program if another daemon holds it.
 * Root calls this before it drops its privileges.
 */
void pidfile_acquire(const char *path);

/* Has the keeper write this process's pid into the file. */
void pidfile_publish(void);

/*
 * For an upgrade: saves and restores the path, "" if there is no pidfile, and
 * the socket to the keeper, or -1, which pidfile_save() returns.
 */
int pidfile_save(char *path, size_t size);
void pidfile_restore(const char *path, int keeper);

#endif
