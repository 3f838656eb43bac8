/* SPDX-License-Identifier: ISC */

/*
 * Reads the state that another program has written; see state.h.  Checks each
 * line, and that the lines agree.
 *
 * Runs in the parent, and in the test of a new program.
 */

#ifndef RESTORE_H
#define RESTORE_H

#include <stdbool.h>
#include <stdio.h>

#include "parent/settings/config.h"
#include "parent/upgrade/state.h"

struct server;

/*
 * Reads the state into a server whose tables are empty.  False with an error if
 * this program cannot take it over.
 */
bool restore_state(
    FILE *, struct server *, struct handover *, struct config_error *);

#endif
