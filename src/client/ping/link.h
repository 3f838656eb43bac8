/* SPDX-License-Identifier: ISC */

/*
 * The connection of ping and the messages under way on it: connects, sends,
 * verifies the answers, and counts and tells what happens to each message.
 *
 * A connection on which a message was lost is given up, with all that was
 * under way on it, and the next message opens a new one.
 */

#ifndef PING_LINK_H
#define PING_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "client/results.h"
#include "client/stream.h"

enum {
	PING_IN_FLIGHT_MAX = 1 << 14 /* messages under way at most */
};

enum ping_link_state {
	PING_LINK_DOWN,
	PING_LINK_CONNECTING,
	PING_LINK_UP
};

struct ping_link {
	/* set by the caller */
	const struct target *target;
	struct results *results;

	enum ping_link_state state;
	char peer[HOST_STRLEN]; /* the address in use, or the name */
	bool has_header;        /* the first line has been printed */

	/* messages are numbered from 1; oldest <= seq < next are under way */
	uint64_t oldest, next;
	int64_t sent[PING_IN_FLIGHT_MAX]; /* when, by the number modulo that */

	/* the connection */
	struct stream stream;
	uint64_t base; /* number of its first message */
	int64_t connect_time, up_since;
	uint32_t retransmits;

	/* the connection before */
	int64_t lasted;
	char ended[RACE_STRLEN]; /* why */

	int64_t outage_began; /* 0 = none */
	uint64_t outage_lost;
};

/* The caller's part is filled in; connects to nobody yet. */
void ping_link_init(struct ping_link *);

/* Sends the next message, connecting first where there is no connection. */
void ping_link_send(struct ping_link *, int64_t now);

/* When an answer is overdue; INT64_MAX = never. */
int64_t ping_link_deadline(const struct ping_link *);

/* Gives up on an answer that is overdue; returns whether there was one. */
bool ping_link_expire(struct ping_link *, int64_t now);

/* Sleeps until that time, or until there is something to do and does it. */
void ping_link_wait(struct ping_link *, int64_t until);

/* Counts what is under way as lost, at the end of the run. */
void ping_link_end(struct ping_link *, int64_t now);

/* When the oldest message under way was sent. */
int64_t ping_link_oldest_sent(const struct ping_link *);

#endif
