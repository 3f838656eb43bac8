/* SPDX-License-Identifier: ISC */

/*
 * The acceptor: accepts a client, decides whether to admit it, reserves a slot
 * and forks the session.  Also admits a client whom a PROXY header has named.
 */

#ifndef ACCEPTOR_H
#define ACCEPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "parent/sessions/admission.h"
#include "parent/timers.h"

struct child;
struct endpoint;
struct listener;
struct server;

struct acceptor {
	struct timer accept_again; /* set after accept(2) has failed */
	struct timer fork_again;   /* set after fork(2) failed */

	/* An accepted client whose fork failed. */
	int pending_fd; /* -1 = none */
	struct child *pending;
	int64_t fork_delay;
};

void acceptor_init(struct server *);

/* Whether clients can be accepted now; until then they wait in the backlog. */
bool acceptor_is_open(const struct server *);

/*
 * Accepts clients of one listener: its share of the batch, which so many ready
 * listeners share, but at least one.  Returns whether more may be queued.
 */
bool acceptor_accept(struct server *, struct listener *, size_t sharing);

/*
 * Begins a session for the client on fd, which is closed in the parent, or
 * refuses it.
 */
void acceptor_admit(
    struct server *, int fd, const struct addr *peer, struct endpoint *);

/*
 * Charges a session to the source of the client that its PROXY header named, or
 * ends it if that source has too many.
 */
void acceptor_charge(struct server *, struct child *, int64_t now);

/*
 * Counts a refusal.  Equal refusals of a period are logged in one line at its
 * end.  Returns how many there were in this period, 0 if they are not counted
 * one by one.
 */
uint64_t acceptor_count_refusal(struct server *, const struct prefix *source,
    enum verdict, struct endpoint *, int64_t now);

/* After an upgrade: the client on fd has a slot, but its fork had failed. */
void acceptor_resume(struct server *, int fd, struct child *);

/* Closes the client whose fork failed, if there is one. */
void acceptor_abandon(struct server *);

#endif
