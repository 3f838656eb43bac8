/* SPDX-License-Identifier: ISC */

/*
 * Clients behind a proxy.  The parent forks before anybody knows who the
 * client is; the session learns it from the PROXY header and puts it on its
 * board line.  Here the parent looks there from time to time: it charges the
 * session to the client's source, ends it if that source has too many, and
 * ends sessions whose header does not come.
 */

#ifndef PROXIED_H
#define PROXIED_H

#include "parent/server.h"

/* A session has begun whose header is awaited. */
void proxied_expect(struct server *, struct child *);

/* A session has ended, perhaps before its header was looked at. */
void proxied_forget(struct server *, struct child *);

/* Looks at the sessions whose header is awaited. */
void proxied_look(struct server *, int64_t now);

#endif
