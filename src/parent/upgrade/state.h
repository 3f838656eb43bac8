/* SPDX-License-Identifier: ISC */

/*
 * Saves the state that an upgrade passes to the new program: all that the
 * parent knows and holds, except settings.  It is a header with the version of
 * the format and the size, then a line for each object; see saved.h.
 *
 * Programs with the same major version of the format read each other's states:
 * a minor version may add kinds and fields, which older programs skip.
 *
 * Runs in the parent.
 */

#ifndef STATE_H
#define STATE_H

#include <stdbool.h>
#include <stdio.h>

#include "parent/upgrade/objects.h"

struct server;

/* Fills in all but what the test of the new program finds out. */
void state_describe(const struct server *, struct handover *);

/* False with errno if something could not be written. */
bool state_write(FILE *, const struct server *, const struct handover *);

/* Sets whether execve(2) keeps the descriptors.  False with errno. */
bool state_keep(const struct server *, const struct handover *, bool keep);

#endif
