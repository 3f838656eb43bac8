/* SPDX-License-Identifier: ISC */

/*
 * Clients behind a proxy.  The parent forks before anybody knows who the
 * client is; the session learns it from the PROXY header and reports it.  The
 * parent then charges the session to the client's source, or ends it if that
 * source has too many; and it ends sessions whose header does not come.
 */

#ifndef PROXIED_H
#define PROXIED_H

#include <stdint.h>

#include "parent/sessions/children.h"
#include "parent/timers.h"

struct server;

struct proxied {
	struct child_queue unnamed; /* oldest first */
	struct timer deadline;      /* of the first */
};

void proxied_init(struct server *);

/* A session has begun whose header is pending. */
void proxied_expect(struct server *, struct child *);

/*
 * A session reports its client.  The report is accepted once, and only from a
 * session whose header is pending.
 */
void proxied_client(
    struct server *, struct child *, const struct report *, int64_t now);

/* A session has ended, possibly before it reported its header. */
void proxied_forget(struct server *, struct child *);

#endif
