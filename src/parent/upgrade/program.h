/* SPDX-License-Identifier: ISC */

/*
 * The program of this process, as it was started: by which path and with which
 * arguments.  What lies at that path now may be another version of it, which
 * is run in two ways: as a test, in a process of its own, and for good, in the
 * place of this one (takeover.h).
 *
 * Runs in the parent.
 */

#ifndef PROGRAM_H
#define PROGRAM_H

#include <sys/types.h>

#include <sys/stat.h>

#include <stdbool.h>

/* What the program that runs now leaves to the next. */
struct inheritance {
	int state;  /* memory: see state.h */
	int answer; /* memory: see answer.h */
	int tries;  /* how often the next has begun anew */
};

/* Call it first, from the directory that a relative path begins at. */
void program_remember(int argc, char **argv);

/* An absolute path.  NULL if it is not known. */
const char *program_path(void);

/*
 * Finds out which file is at the path now.  False with errno.  Two are the
 * same if nothing has replaced or changed the file in between.
 */
bool program_look(struct stat *);
bool program_is_same(const struct stat *, const struct stat *);

/*
 * Starts the test.  Returns its pid, or -1 with errno if the program cannot be
 * executed.
 */
pid_t program_test(const struct inheritance *);

/* Executes it for good.  Returns only if that fails, with errno. */
void program_execute(const struct inheritance *);

/*
 * The new program's side: whether this is the test or the final start, and what
 * it is given.  Both remove the argument and the variable that say so.
 */
bool program_is_test(int *argc, char **argv, struct inheritance *);
bool program_is_heir(struct inheritance *);

#endif
