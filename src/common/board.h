/* SPDX-License-Identifier: ISC */

/*
 * The board: what a session tells its parent.  It is shared memory with one
 * line per slot of the child table, so a session reports without a system
 * call.  The session writes its line, the parent reads it.  A session that
 * leaves also says so on a list, which spares the parent from asking for any
 * child that has ended: waitpid(2) goes through all of them for that.
 *
 * A session taken over by its client can write any line.  The parent checks
 * what it reads; it prints it, and counts by it the sessions of a client
 * behind a proxy.
 */

#ifndef BOARD_H
#define BOARD_H

#include <stdatomic.h>
#include <stdint.h>

#include "common/addr.h"

/* Why a session ended; the names are in events.c. */
enum reason {
	REASON_NONE,     /* it has not */
	REASON_CLIENT,   /* the client closed its side */
	REASON_IDLE,     /* nothing came for idle-timeout */
	REASON_STALLED,  /* the client took nothing for write-timeout */
	REASON_RESET,    /* the connection failed */
	REASON_LIFETIME, /* max-lifetime was over */
	REASON_SHUTDOWN, /* the daemon is stopping */
	REASON_PROXY,    /* no good PROXY header */
	REASON_SANDBOX,  /* it could not be confined, and did not start */

	/* Not for sessions to say: */
	REASON_KILLED,  /* the parent killed it */
	REASON_REFUSED, /* the client behind the proxy was not admitted */
	REASON_CRASHED  /* it died, and not by the parent's hand */
};

/* What a session knows of its client, if it is behind a proxy. */
enum header {
	HEADER_AWAITED, /* the PROXY header is not complete */
	HEADER_LOCAL,   /* it names nobody: the peer is the client */
	HEADER_NAMED    /* the line's client is valid */
};

/*
 * The sessions that have left, newest first: each puts its number, counted
 * from 1, here and the one it finds on its own line.
 */
struct departures {
	_Alignas(64) _Atomic uint32_t last; /* 0 = none */
};

/* One cache line, so that sessions on two processors do not share one. */
struct board_line {
	_Alignas(64) _Atomic uint64_t bytes; /* echoed */
	_Atomic uint8_t reason;              /* enum reason */
	_Atomic uint8_t header;              /* enum header */
	_Atomic uint32_t before;             /* see struct departures */
	struct addr client; /* set before header, and not changed then */
};

struct board {
	struct departures departures;
	struct board_line lines[];
};

#endif
