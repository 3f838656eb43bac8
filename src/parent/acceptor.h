/* SPDX-License-Identifier: ISC */

/* Taking clients in: accept, admit, reserve, fork. */

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
	struct timer accept_again; /* set while resources are lacking */
	struct timer fork_again;   /* the same for fork(2) */

	/* The client that was accepted but could not be given a process. */
	int pending_fd; /* -1 = none */
	struct child *pending;
	int64_t fork_delay;
};

void acceptor_init(struct server *);

/* Whether a client could be taken now; if not, the backlog keeps it. */
bool acceptor_is_open(const struct server *);

/*
 * Accepts this listener's share of a batch of clients, of so many sharing it,
 * and at least one.  Returns whether more may wait.
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
 * Counts a refusal, to be logged with others like it at the end of their
 * period.  Returns how many like it there are in this period, 0 = uncounted.
 */
uint64_t acceptor_count_refusal(struct server *, const struct prefix *source,
    enum verdict, struct endpoint *, int64_t now);

/* Has the client on fd, with its place, wait for a process. */
void acceptor_resume(struct server *, int fd, struct child *);

/* Gives up the client that waits for a process. */
void acceptor_abandon(struct server *);

#endif
