/* SPDX-License-Identifier: ISC */

/*
 * The checked stream: pseudo-random bytes that are sent on a connection, and
 * the comparison of what comes back with them.  check, ping and load all
 * send and read through this.
 */

#ifndef STREAM_H
#define STREAM_H

#include <stddef.h>
#include <stdint.h>

enum stream_state {
	STREAM_MOVED,  /* some bytes were sent, or came and are right */
	STREAM_WAIT,   /* not now: poll(2) tells when */
	STREAM_END,    /* the server has closed its side */
	STREAM_WRONG,  /* got instead of expected at position read */
	STREAM_EXTRA,  /* after position read came extra bytes never sent */
	STREAM_FAILED, /* errno says why */
};

struct stream {
	int fd;                 /* non-blocking; -1 = none */
	uint64_t id;            /* of the payload */
	const uint8_t *text;    /* sent instead of the payload; NULL = none */
	uint64_t written, read; /* positions */
	uint8_t got, expected;
	uint64_t extra;
};

/* A new stream on a connection, from position 0. */
void stream_begin(struct stream *, int fd);

/* Sends from position written to end, most bytes at most (0 = any). */
enum stream_state stream_send(struct stream *, uint64_t end, uint64_t most);

/*
 * Reads most bytes at most (0 = any) and compares them.  Those that came
 * before a wrong or an extra byte have moved read.
 */
enum stream_state stream_receive(struct stream *, uint64_t most);

/* Closes the connection, if there is one. */
void stream_close(struct stream *);

#endif
