/* SPDX-License-Identifier: ISC */

/*
 * One conversation with the server, of a given shape: how much is sent in
 * what pieces, how the answer is read, how it ends.  The cases of check are
 * made of these.
 */

#ifndef EXCHANGE_H
#define EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum exchange_state {
	EXCHANGE_GOOD,
	EXCHANGE_WRONG,   /* a byte differs */
	EXCHANGE_EXTRA,   /* more came back than was sent */
	EXCHANGE_SHORT,   /* the answer ended too early */
	EXCHANGE_TIMEOUT, /* nothing moved for the timeout */
	EXCHANGE_OPEN,    /* no end of the answer after our half-close */
	EXCHANGE_FAILED,  /* a system call failed: error */
	EXCHANGE_STOPPED, /* Ctrl-C */
};

struct exchange {
	/* the shape */
	int fd;
	uint64_t stream, begin; /* the payload: from this position of it */
	uint64_t size;
	uint64_t already;               /* of it, sent before */
	size_t write_piece, read_piece; /* at most; 0 = as much as goes */
	int64_t write_pause, read_pause;
	uint64_t window;     /* unanswered at most; 0 = no limit */
	bool lockstep;       /* write the next piece only after the answer */
	bool read_last;      /* read nothing until all is written */
	bool half_close;     /* afterwards, and expect the end */
	int64_t timeout;     /* 0 = none */
	const uint8_t *text; /* send this instead of the payload */

	/* the result */
	enum exchange_state state;
	uint64_t sent, received;
	uint8_t got, expected; /* for EXCHANGE_WRONG, at offset received */
	int error;
};

/* Holds the conversation; returns whether all was well. */
bool exchange_run(struct exchange *);

/* Says in words how it went. */
void exchange_describe(const struct exchange *, char *buf, size_t size);

/* Sleeps for that long, or until Ctrl-C. */
void exchange_pause(int64_t span);

#endif
