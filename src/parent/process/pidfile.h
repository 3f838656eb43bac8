/* SPDX-License-Identifier: ISC */

/*
 * The pidfile: one daemon per file, which is locked while the daemon runs.
 * A file left behind by a daemon that was killed is no obstacle.
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

/* Has this process's pid written into the file. */
void pidfile_publish(void);

/*
 * Passes both on to the next program in this process: the path, "" if there is
 * no pidfile, and the socket to the keeper, which is returned, or -1.
 */
int pidfile_save(char *path, size_t size);
void pidfile_restore(const char *path, int keeper);

#endif
