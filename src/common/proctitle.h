/* SPDX-License-Identifier: ISC */

/*
 * The title of a session's process, which ps(1) shows.
 *
 * setproctitle(3bsd) formats with stdio, which costs a new child more page
 * faults than everything else.  So the parent formats the title, and the
 * session only copies it to the same place.
 */

#ifndef PROCTITLE_H
#define PROCTITLE_H

/*
 * Call this first in main().  Notes where the arguments and the environment
 * are, and moves both elsewhere.
 */
void proctitle_init(int argc, char **argv);

/* Sets the title, as much of it as there is room for. */
void proctitle_set(const char *text);

#endif
