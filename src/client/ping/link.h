/* SPDX-License-Identifier: ISC */

/*
 * The connection of ping and the messages under way on it.  Connects, sends,
 * verifies answers, and counts and prints the outcome of each message.
 *
 * When a message is lost, ping closes the connection; all messages under way on
 * it are lost as well.  The next message opens a new one.
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
	char peer[HOST_STRLEN]; /* the address in use, or else the name */
	bool has_header;        /* the first line has been printed */

	/* messages are numbered from 1; oldest <= seq < next are under way */
	uint64_t oldest, next;
	int64_t sent[PING_IN_FLIGHT_MAX]; /* send times, by number modulo the
					     size */

	/* the connection */
	struct stream stream;
	uint64_t base; /* number of its first message */
	int64_t connect_time, up_since;
	uint32_t retransmits;

	/* the previous connection */
	int64_t lasted;
	char ended[RACE_STRLEN]; /* why */

	int64_t outage_began; /* 0 = none */
	uint64_t outage_lost;
};

/*
 * Initializes the rest, after the caller has set its part.  Does not connect.
 */
void ping_link_init(struct ping_link *);

/* Sends the next message, and connects first if there is no connection. */
void ping_link_send(struct ping_link *, int64_t now);

/* The time at which an answer is overdue; INT64_MAX = never. */
int64_t ping_link_deadline(const struct ping_link *);

/* Counts an overdue answer as lost; returns whether there was one. */
bool ping_link_expire(struct ping_link *, int64_t now);

/* Waits until that time or an event, and handles the event. */
void ping_link_wait(struct ping_link *, int64_t until);

/* Counts the messages under way as lost, at the end of the run. */
void ping_link_end(struct ping_link *, int64_t now);

/* The send time of the oldest message under way. */
int64_t ping_link_oldest_sent(const struct ping_link *);

#endif
