/* SPDX-License-Identifier: ISC */

/*
 * The new program's side of an upgrade; upgrade.h is the old one's.  It runs
 * twice: in a child of the parent, to test whether it can take over, and then
 * in the parent itself.
 */

#ifndef TAKEOVER_H
#define TAKEOVER_H

#include "parent/server.h"
#include "parent/settings/command_line.h"
#include "parent/upgrade/program.h"

/*
 * The test: reads the state and the settings, tries the sandbox and leaves its
 * answer (answer.h).
 */
_Noreturn void takeover_test(struct server *, struct command_line *, int argc,
    char **argv, const struct inheritance *);

/*
 * Takes over: takeover_begin() reads the state and the settings; then the
 * caller starts the log, the signals and the confinement as in any start;
 * takeover_end() prepares server_run().  A failure in between would end all
 * sessions, so the program is then executed again, up to ten times.
 */
void takeover_begin(struct server *, struct command_line *, int argc,
    char **argv, const struct inheritance *);
void takeover_end(struct server *);

#endif
