/* SPDX-License-Identifier: ISC */

/*
 * The title of a session's process, as ps(1) shows it.
 *
 * setproctitle(3bsd) formats with stdio, which costs a new child more page
 * faults than all else it does.  This only copies, to the same place, what
 * the parent has formatted.
 */

#ifndef PROCTITLE_H
#define PROCTITLE_H

/*
 * To be called first in main().  Notes where the kernel has the arguments and
 * the environment, and moves both elsewhere.
 */
void proctitle_init(int argc, char **argv);

/* Cut short if there is no room for more. */
void proctitle_set(const char *text);

#endif
