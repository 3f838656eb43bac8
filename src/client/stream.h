/* SPDX-License-Identifier: ISC */

/*
 * The checked stream: sends the payload on a connection and compares what comes
 * back.  check, ping and load send and receive through it.
 */

#ifndef STREAM_H
#define STREAM_H

#include <stddef.h>
#include <stdint.h>

enum stream_state {
	STREAM_MOVED, /* some bytes were sent, or received and correct */
	STREAM_WAIT,  /* nothing can move now: poll(2) */
	STREAM_END,   /* the server has closed its side */
	STREAM_WRONG, /* the byte at position read differs: got, not expected */
	STREAM_EXTRA, /* bytes came after position read that were never sent */
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

/* Sends from position written up to end, at most most bytes (0 = no limit). */
enum stream_state stream_send(struct stream *, uint64_t end, uint64_t most);

/*
 * Reads at most most bytes (0 = no limit) and compares them.  Advances read by
 * the correct ones before a wrong or an extra byte.
 */
enum stream_state stream_receive(struct stream *, uint64_t most);

/* Closes the connection, if there is one. */
void stream_close(struct stream *);

#endif
