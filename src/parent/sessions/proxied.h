/* SPDX-License-Identifier: ISC */

/*
 * Clients behind a proxy.  The parent forks before the client is known; the
 * session reads the PROXY header and reports the client's address.  The parent
 * then charges the session to the client's source (acceptor.c), or kills it if
 * that source has too many.  It also kills sessions whose header does not come
 * in time.
 */

#ifndef PROXIED_H
#define PROXIED_H

#include <stdbool.h>
#include <stdint.h>

#include "parent/sessions/children.h"
#include "parent/timers.h"

struct kills;

struct proxied {
	struct kills *kills;
	struct child_queue unnamed; /* oldest first */
	struct timer deadline; /* when the header of the first is overdue */
};

void proxied_init(struct proxied *, struct kills *);

/* A session has begun whose header is pending. */
void proxied_expect(struct proxied *, struct child *);

/*
 * A session reports its client.  The report is accepted once, and only from a
 * session whose header is pending.  Returns whether it names a client, who is
 * to be charged.
 */
bool proxied_client(struct proxied *, struct child *, const struct report *);

/* A session has ended, possibly before it reported its header. */
void proxied_forget(struct proxied *, struct child *);

/* Kills a batch of sessions whose header is overdue. */
void proxied_go_on(struct proxied *, int64_t now);

#endif
