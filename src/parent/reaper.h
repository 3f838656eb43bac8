/* SPDX-License-Identifier: ISC */

/*
 * Reaping: each session that has ended gets its line in the log, and gives
 * back its slot and its place among its source's.
 */

#ifndef REAPER_H
#define REAPER_H

#include <stdint.h>

#include "parent/server.h"

/* On SIGCHLD, which may stand for many sessions. */
void reap(struct server *, int64_t now);

/* Looks for any. */
void reap_any(struct server *, int64_t now);

#endif
