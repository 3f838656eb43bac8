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

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "parent/settings/config.h"
#include "parent/sockets/systemd.h"
#include "parent/upgrade/answer.h"

struct server;

/* What is not in struct server, or not in the form in which it is written. */
struct handover {
	char version[VERSION_SIZE]; /* of the program that wrote it */
	int64_t began;              /* when it stopped serving */
	char file[PATH_MAX];        /* the configuration file */
	uint32_t sandbox;           /* enum sandbox: what the test found */
	uint64_t dropped;           /* messages of the log */
	uint64_t unreported;        /* such of which it has not told */
	char pidfile[PATH_MAX];     /* "" = none */
	int keeper;                 /* the socket to its keeper, -1 = none */
	char notify[NOTIFY_ADDRESS_SIZE];
};

/* Fills in what is known without a test. */
void state_describe(const struct server *, struct handover *);

/* False with errno if something could not be written. */
bool state_write(FILE *, const struct server *, const struct handover *);

/* Lets all descriptors pass execve(2), or none.  False with errno. */
bool state_keep(const struct server *, const struct handover *, bool keep);

#endif
