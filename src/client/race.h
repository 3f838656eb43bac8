/* SPDX-License-Identifier: ISC */

/*
 * Connects to the first of a target's addresses that answers, by RFC 8305
 * ("Happy Eyeballs"): the next address is tried when the last has failed or
 * been silent for 250 ms, and the first to connect wins.  The outcome of each
 * attempt is kept, for messages.
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

/* Tries the first address; the result may be pending. */
enum race_state race_begin(struct race *, const struct target *);

/*
 * Waits until that time or a signal, and tries further addresses.  When the
 * race is won, the caller owns the winner's descriptor, on which the PROXY
 * header has been sent.
 */
enum race_state race_wait(struct race *, int64_t until);

/* Closes the pending attempts. */
void race_cancel(struct race *);

/*
 * Runs a whole race.  Returns a connected non-blocking descriptor, or -1 with
 * the error in the race; EINTR means Ctrl-C.
 */
int race_run(struct race *, const struct target *);

/* From the first attempt to the last event, in nanoseconds. */
int64_t race_span(const struct race *);

/* The outcome of an attempt, in one word. */
const char *attempt_outcome(const struct attempt *);

/*
 * Lists the attempts without the winner's: "ADDRESS OUTCOME after TIME, ...";
 * after a single failed attempt, the text of its errno.
 */
const char *race_describe(const struct race *, char buf[RACE_STRLEN]);

#endif
