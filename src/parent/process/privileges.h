/* SPDX-License-Identifier: ISC */

/* Giving up root, for good, and proving it. */

#ifndef PRIVILEGES_H
#define PRIVILEGES_H

#include <stdbool.h>

/*
 * As root, becomes the user that identity_find() finds, with its group and no
 * others.  Anybody else stays who it is.  Either way no capability is left,
 * none can be gained, and no core is ever written.  Ends the program if any of
 * that fails.
 */
void privileges_drop(const char *user);

/* Whether root can become that user; ends the program if not. */
void privileges_check(const char *user);

/* Just the capabilities: empties all sets this process may empty. */
bool privileges_renounce_capabilities(void);

#endif
