/* SPDX-License-Identifier: ISC */

/*
 * The new program's side of an upgrade (upgrade.h has the old one's).  It runs
 * twice: in a process of its own, to tell whether it could take over, and then
 * in the parent, where it does.
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
 * Takes over: takeover_begin() reads state and settings; then the caller starts
 * the log, signals and confinement as in any start, and takeover_end() has
 * server_run() go on serving.  What fails in between would end all sessions,
 * so the program is then executed again, some times.
 */
void takeover_begin(struct server *, struct command_line *, int argc,
    char **argv, const struct inheritance *);
void takeover_end(struct server *);

#endif
