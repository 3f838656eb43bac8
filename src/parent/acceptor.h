/* SPDX-License-Identifier: ISC */

/* Taking clients in: accept, admit, reserve, fork. */

#ifndef ACCEPTOR_H
#define ACCEPTOR_H

#include <stdbool.h>

#include "parent/server.h"

/* Whether a client could be taken now; if not, the backlog keeps it. */
bool acceptor_is_open(const struct server *);

/* Accepts up to a batch of clients. */
void acceptor_accept(struct server *, struct listener *);

/*
 * Begins a session for the client on fd, which is closed in the parent, or
 * refuses it.
 */
void acceptor_admit(struct server *, int fd, const struct addr *peer);

/* The entry of the address in the table of sources, as configured. */
struct source *
acceptor_source(struct server *, const struct addr *, int64_t now);

/*
 * Counts a refusal, to be logged with others like it at the end of their
 * period.  Returns how many like it there are in this period, 0 = uncounted.
 */
uint64_t acceptor_count_refusal(struct server *, const struct prefix *source,
    const char *reason, int64_t now);

/* Tries again to fork for the client that waits for it. */
void acceptor_retry(struct server *, int64_t now);

/* Takes in, before a stop, who is already connected. */
void acceptor_last(struct server *);

/* Gives up the client that waits for a process. */
void acceptor_abandon(struct server *);

#endif
