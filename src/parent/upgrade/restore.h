/* SPDX-License-Identifier: ISC */

/*
 * Reading the state that another program has written; see state.h.  Its lines
 * are checked one by one, and against each other.
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
 * Reads it into a server that has its tables and nothing in them.  False if
 * it is not a state that this program can take over, and why.
 */
bool restore_state(
    FILE *, struct server *, struct handover *, struct config_error *);

#endif
