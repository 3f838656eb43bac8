/* SPDX-License-Identifier: ISC */

/*
 * One connection of the pool: it connects and exchanges messages until it
 * fails; then it rests and connects again.
 */

#ifndef LOAD_CONNECTION_H
#define LOAD_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include <bsd/sys/queue.h>

#include "client/load/pool.h"
#include "client/stream.h"

enum connection_state {
	CONNECTION_IDLE,       /* in idle; may be unconnected */
	CONNECTION_CONNECTING, /* in waiting */
	CONNECTION_BUSY,       /* in waiting: a message is under way */
	CONNECTION_RESTING     /* in resting */
};

struct load_connection {
	TAILQ_ENTRY(load_connection) link;
	enum connection_state state;
	bool has_message, wants_out; /* wants_out: EPOLLOUT is registered */
	struct stream stream;
	uint64_t end;      /* of the message, as a position of the stream */
	int64_t due, sent; /* times of the message */
	int64_t opened;    /* when connecting began */
	int64_t since;     /* of the last progress, or of the rest */
};

/* Starts to connect. */
void connection_open(struct pool *, struct load_connection *);

/* Starts the next due message on an idle connection. */
void connection_start_message(struct pool *, struct load_connection *);

/* Handles events of epoll(7). */
void
connection_handle(struct pool *, struct load_connection *, uint32_t events);

/* Counts the failure, closes the connection and lets it rest. */
void connection_fail(struct pool *, struct load_connection *, enum failure);

/* Makes a connection idle after its rest. */
void connection_wake(struct pool *, struct load_connection *);

#endif
