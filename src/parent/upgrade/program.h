/* SPDX-License-Identifier: ISC */

/*
 * The path and the arguments by which this process was started.  The file at
 * that path may now be another version, which is executed twice: in a child, as
 * a test, and then in place of this program (takeover.h).
 *
 * Runs in the parent.
 */

#ifndef PROGRAM_H
#define PROGRAM_H

#include <sys/types.h>

#include <sys/stat.h>

#include <stdbool.h>

/* The descriptors that this program passes to the next. */
struct inheritance {
	int state;  /* memfd, see state.h */
	int answer; /* memfd, see answer.h */
	int tries;  /* how often the next has been executed again */
};

/* Call this before the directory changes, which a relative path begins at. */
void program_remember(int argc, char **argv);

/* The path, absolute; NULL if it is unknown. */
const char *program_path(void);

/*
 * Gets the file that is now at the path.  False with errno.  Two results are
 * the same if the file was neither replaced nor changed in between.
 */
bool program_look(struct stat *);
bool program_is_same(const struct stat *, const struct stat *);

/*
 * Starts the test.  Returns its pid, or -1 with errno if the program cannot be
 * executed.
 */
pid_t program_test(const struct inheritance *);

/* Replaces this program.  Returns only on failure, with errno. */
void program_execute(const struct inheritance *);

/*
 * In the new program: whether this is the test, or the final start, and the
 * descriptors that it was passed.  Both remove the argument or variable.
 */
bool program_is_test(int *argc, char **argv, struct inheritance *);
bool program_is_heir(struct inheritance *);

#endif
