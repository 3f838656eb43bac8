/* SPDX-License-Identifier: ISC */

/*
 * Clients behind a proxy.  The parent forks before anybody knows who the
 * client is; the session learns it from the PROXY header and reports it.  The
 * parent then charges the session to the client's source (acceptor.c), or ends
 * it if that source has too many.  Sessions whose header does not come are
 * killed.
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
	struct timer deadline;      /* of the first */
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
