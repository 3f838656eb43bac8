/* SPDX-License-Identifier: ISC */

/*
 * How a session informs its parent: its exit status is the reason of its end,
 * and reports contain what only the session knows.
 *
 * A report is one datagram, written by write(2) to a socket that all sessions
 * share.  The kernel tells the parent the sender, so a compromised session can
 * lie about itself only.
 *
 * After an upgrade, sessions of the old program report to the new one.  So
 * numbers and layout may be extended, but never changed.
 */

#ifndef REPORT_H
#define REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"

/* Why a session ended; events.c has the names. */
enum reason {
	REASON_NONE = 0, /* it has not ended */

	/* Exit statuses of sessions: */
	REASON_CLIENT = 1,   /* the client closed its side */
	REASON_IDLE = 2,     /* the client sent nothing for idle-timeout */
	REASON_STALLED = 3,  /* the client read nothing for write-timeout */
	REASON_RESET = 4,    /* the connection failed */
	REASON_LIFETIME = 5, /* max-lifetime was over */
	REASON_SHUTDOWN = 6, /* the daemon is stopping */
	REASON_PROXY = 7,    /* no valid PROXY header */
	REASON_SANDBOX = 8,  /* it could not be confined, and did not start */

	/* Not valid as an exit status: */
	REASON_KILLED,  /* the parent killed it */
	REASON_REFUSED, /* the client behind the proxy was not admitted */
	REASON_CRASHED  /* it died otherwise */
};

enum report_kind {
	REPORT_CLIENT = 1, /* the PROXY header is complete */
	REPORT_COUNT = 2,  /* the answer to SIGUSR1 */
	REPORT_END = 3     /* it exits next */
};

/* What the session was waiting for when it was asked. */
enum report_wait {
	REPORT_WAITS_FOR_INPUT = 0,
	REPORT_WAITS_FOR_ROOM = 1
};

struct report {
	uint8_t kind;  /* enum report_kind */
	uint8_t named; /* in REPORT_CLIENT: client is valid */
	uint8_t waits; /* in REPORT_COUNT: enum report_wait */
	uint8_t unused;
	uint32_t serial; /* of the session, given by the parent */
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
