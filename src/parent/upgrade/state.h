/* SPDX-License-Identifier: ISC */

/*
 * The state that one program hands to the next: everything the parent knows
 * and holds that is not a setting.  A head with the version of the format and
 * the size, then a line for each object; see saved.h.
 *
 * Programs of one major version of the format read each other's states: new
 * kinds and fields may be added, and who does not know them skips them.
 *
 * Runs in the parent.
 */

#ifndef STATE_H
#define STATE_H

#include <stdbool.h>
#include <stdio.h>

#include "parent/upgrade/objects.h"

struct server;

/* Fills in what is known without a test. */
void state_describe(const struct server *, struct handover *);

/* False with errno if something could not be written. */
bool state_write(FILE *, const struct server *, const struct handover *);

/* Lets all descriptors pass execve(2), or none.  False with errno. */
bool state_keep(const struct server *, const struct handover *, bool keep);

#endif
