/* SPDX-License-Identifier: ISC */

/*
 * Connecting to the first of a target's addresses that answers, as RFC 8305
 * ("Happy Eyeballs") has it: the next address is tried when the last has
 * failed or has been silent for 250 ms, and the first to connect wins.  What
 * became of each attempt is kept, so that a slow address can be named.
 */

#ifndef RACE_H
#define RACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/target.h"

enum {
	RACE_STRLEN = 2048
};

/* Connecting to one address. */
struct attempt {
	const struct addr *address;
	int fd; /* -1 = none */
	int64_t began, ended;
	int error; /* 0 = connected, EINPROGRESS, ECANCELED = given up */
};

enum race_state {
	RACE_PENDING,
	RACE_WON,
	RACE_LOST
};

struct race {
	const struct target *target;
	size_t count;
	struct attempt attempts[TARGET_ADDRESSES_MAX];
	int64_t next_at; /* when the next address is tried */
	const struct attempt *winner;
	int error; /* why the last address failed */
};

/* Begins with the first address; success may still be pending. */
enum race_state race_begin(struct race *, const struct target *);

/*
 * Waits until that time, or until a signal comes, and goes on.  When the race
 * is won the winner's descriptor is the caller's, with the PROXY header sent.
 */
enum race_state race_wait(struct race *, int64_t until);

/* Gives up what is pending. */
void race_cancel(struct race *);

/*
 * Does all of that.  Returns a connected non-blocking descriptor, or -1 with
 * the error in the race; EINTR means Ctrl-C.
 */
int race_run(struct race *, const struct target *);

/* From the first attempt to the last event, in nanoseconds. */
int64_t race_span(const struct race *);

/* How an attempt ended, in one word. */
const char *attempt_outcome(const struct attempt *);

/*
 * Names the attempts except the winner's: "ADDRESS OUTCOME after TIME, ...";
 * if only one was made and failed, the system's words for it.
 */
const char *race_describe(const struct race *, char buf[RACE_STRLEN]);

#endif
