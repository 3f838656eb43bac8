/* SPDX-License-Identifier: ISC */

/*
 * The upgrade: the running parent executes the program that is now at its path,
 * in the same process, with the same sessions and listening sockets.
 *
 * This is the old program's side, and runs in the parent.  It tests the new
 * program in a child while it continues to serve; then it saves its state
 * (state.h) and executes the new program.  If anything fails before that,
 * nothing changes.  takeover.h is the new program's side.
 */

#ifndef UPGRADE_H
#define UPGRADE_H

#include <sys/types.h>

#include <sys/stat.h>

#include <stdbool.h>
#include <stdint.h>

#include "parent/timers.h"

struct server;

struct upgrade {
	struct timer deadline;
	pid_t tester; /* the child that is the new program's test; 0 = none */
	int answer;   /* the memfd for its answer */
	struct stat program; /* the file that was tested */
	bool overdue;        /* it was killed after PATIENCE */
	bool again;          /* another request came meanwhile */
	bool reloaded;       /* a reload came after the settings were tested */
};

void upgrade_init(struct server *);

/* Starts the test; the parent serves until it ends. */
void upgrade_request(struct server *, int64_t now);

/* Reaps the tester if it has ended. */
void upgrade_check(struct server *, int64_t now);

/* A child has been reaped: if it is the tester, acts on its answer. */
void upgrade_reaped(struct server *, pid_t pid, int status);

/* Kills the tester, because the daemon stops. */
void upgrade_abandon(struct server *);

#endif
