/* SPDX-License-Identifier: ISC */

/* Gives up root for good, and verifies it. */

#ifndef PRIVILEGES_H
#define PRIVILEGES_H

#include <stdbool.h>

/*
 * If root, becomes the user that identity_find() finds, with its group and no
 * others; any other user stays.  Either way the process keeps no capability,
 * can gain none, and never writes a core.  Ends the program on any failure.
 */
void privileges_drop(const char *user);

/* Whether root can become that user; ends the program if not. */
void privileges_check(const char *user);

/* Only the capabilities: empties all sets that this process may empty. */
bool privileges_renounce_capabilities(void);

#endif
