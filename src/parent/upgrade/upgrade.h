/* SPDX-License-Identifier: ISC */

/*
 * The upgrade: the running parent executes the program that is now at its
 * path, in the same process, with the same sessions and listening sockets.
 *
 * The old program's side, which runs in the parent: it has the new program
 * tested, in a process of its own and while it goes on serving; then it writes
 * down its state (state.h) and executes it.  Whatever goes wrong until then
 * leaves everything as it was.  The new program's side is takeover.h.
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
	pid_t tester; /* the process that tests the new program; 0 = none */
	int answer;   /* the memory where it answers */
	struct stat program; /* the file that it executed */
	bool overdue;        /* it has been killed for taking too long */
	bool again;          /* another request came meanwhile */
	bool reloaded;       /* the settings that were tested are old */
};

void upgrade_init(struct server *);

/* Begins one; serves on until the answer is there. */
void upgrade_request(struct server *, int64_t now);

/* A child may have ended: looks whether it is the tester. */
void upgrade_check(struct server *, int64_t now);

/* The same for a child that has been waited for.  Does it if so. */
void upgrade_reaped(struct server *, pid_t pid, int status);

/* A stop begins: ends the test. */
void upgrade_abandon(struct server *);

#endif
