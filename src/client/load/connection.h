/* SPDX-License-Identifier: ISC */

/*
 * One connection of the pool: from connecting through message after message
 * to its failure, after which it rests and begins anew.
 */

#ifndef LOAD_CONNECTION_H
#define LOAD_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include <bsd/sys/queue.h>

#include "client/load/pool.h"
#include "client/stream.h"

enum connection_state {
	CONNECTION_IDLE,       /* in idle; connected, or not yet or no more */
	CONNECTION_CONNECTING, /* in waiting */
	CONNECTION_BUSY,       /* in waiting: a message is under way */
	CONNECTION_RESTING     /* in resting */
};

struct load_connection {
	TAILQ_ENTRY(load_connection) link;
	enum connection_state state;
	bool has_message, wants_out; /* ... EPOLLOUT is registered */
	struct stream stream;
	uint64_t end;      /* of the message in the stream */
	int64_t due, sent; /* the message */
	int64_t opened;    /* when connecting began */
	int64_t since;     /* last sign of life, or start of the rest */
};

/* Starts to connect. */
void connection_open(struct pool *, struct load_connection *);

/* Hands the next message that is due to an idle connection. */
void connection_start_message(struct pool *, struct load_connection *);

/* Acts on what epoll(7) said about it. */
void
connection_handle(struct pool *, struct load_connection *, uint32_t events);

/* Counts the failure, of its message if it has one, and lets it rest. */
void connection_fail(struct pool *, struct load_connection *, enum failure);

/* Makes a connection that has rested ready again. */
void connection_wake(struct pool *, struct load_connection *);

#endif
