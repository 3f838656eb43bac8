/* SPDX-License-Identifier: ISC */

/*
 * One connection of the pool: from connecting through message after message
 * to its failure, after which it rests and begins anew.
 */

#ifndef LOAD_CONNECTION_H
#define LOAD_CONNECTION_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

#include "client/load/pool.h"

enum session_state {
	SESSION_IDLE,       /* in idle; connected, or not yet or no more */
	SESSION_CONNECTING, /* in waiting */
	SESSION_BUSY,       /* in waiting: a message is under way */
	SESSION_RESTING     /* in resting */
};

struct load_connection {
	TAILQ_ENTRY(load_connection) link;
	enum session_state state;
	int fd;                              /* -1 = none */
	bool has_message, wants_out;         /* ... EPOLLOUT is registered */
	uint64_t stream, written, read, end; /* payload; end of the message */
	int64_t due, sent;                   /* the message */
	int64_t opened;                      /* when connecting began */
	int64_t since; /* last sign of life, or start of the rest */
};

/* Starts to connect. */
void session_open(struct pool *, struct load_connection *);

/* Hands the next message that is due to an idle session. */
void session_start_message(struct pool *, struct load_connection *);

/* Acts on what epoll(7) said about it. */
void session_handle(struct pool *, struct load_connection *, uint32_t events);

/* Counts the failure, of its message if it has one, and lets it rest. */
void session_fail(struct pool *, struct load_connection *, enum failure);

/* Makes a session that has rested ready again. */
void session_wake(struct pool *, struct load_connection *);

/* Closes its connection, if any. */
void session_close(struct load_connection *);

#endif
