/* SPDX-License-Identifier: ISC */

/*
 * What a session tells its parent: by its exit status why it ended, and by
 * reports what only the session knows.
 *
 * A report is one datagram, written by write(2) to a socket that all sessions
 * share.  The kernel attests the sender to the parent, so a session that was
 * taken over by its client can lie about itself only.
 *
 * Both outlive an upgrade: sessions of the old program report to the new one.
 * Numbers and layout may be added to, but do not change.
 */

#ifndef REPORT_H
#define REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"

/* Why a session ended; the names are in events.c. */
enum reason {
	REASON_NONE = 0, /* it has not */

	/* Exit statuses of sessions: */
	REASON_CLIENT = 1,   /* the client closed its side */
	REASON_IDLE = 2,     /* nothing came for idle-timeout */
	REASON_STALLED = 3,  /* the client took nothing for write-timeout */
	REASON_RESET = 4,    /* the connection failed */
	REASON_LIFETIME = 5, /* max-lifetime was over */
	REASON_SHUTDOWN = 6, /* the daemon is stopping */
	REASON_PROXY = 7,    /* no good PROXY header */
	REASON_SANDBOX = 8,  /* it could not be confined, and did not start */

	/* Not for sessions to say: */
	REASON_KILLED,  /* the parent killed it */
	REASON_REFUSED, /* the client behind the proxy was not admitted */
	REASON_CRASHED  /* it died, and not by the parent's hand */
};

enum report_kind {
	REPORT_CLIENT = 1, /* the PROXY header is complete */
	REPORT_COUNT = 2,  /* the parent has asked, by SIGUSR1 */
	REPORT_END = 3     /* it exits next */
};

/* What a session waits for that tells its count. */
enum report_wait {
	REPORT_WAITS_FOR_INPUT = 0,
	REPORT_WAITS_FOR_ROOM = 1
};

struct report {
	uint8_t kind;  /* enum report_kind */
	uint8_t named; /* of REPORT_CLIENT: the client is valid */
	uint8_t waits; /* of REPORT_COUNT: enum report_wait */
	uint8_t unused;
	uint32_t serial; /* as the parent gave it to the session */
	uint64_t bytes;  /* echoed so far */
	struct addr client;
};

_Static_assert(offsetof(struct report, serial) == 4 &&
		   offsetof(struct report, bytes) == 8 &&
		   offsetof(struct report, client) == 16 &&
		   offsetof(struct addr, scope) == 16 &&
		   offsetof(struct addr, port) == 20 &&
		   offsetof(struct addr, family) == 22 &&
		   sizeof(struct report) == 40,
    "sessions of an older program use this layout");

#endif
