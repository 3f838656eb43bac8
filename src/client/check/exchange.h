/* SPDX-License-Identifier: ISC */

/*
 * One conversation of check with the server, of a given shape: how much is
 * sent in what pieces, how the answer is read, how it ends.
 */

#ifndef EXCHANGE_H
#define EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/stream.h"

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
	uint64_t size;
	uint64_t write_piece, read_piece; /* at most; 0 = as much as goes */
	int64_t write_pause, read_pause;
	uint64_t window; /* unanswered at most; 0 = no limit */
	int64_t timeout; /* 0 = none */
	bool lockstep;   /* write the next piece only after the answer */
	bool read_last;  /* read nothing until all is written */
	bool piles;      /* read nothing until writing is blocked for good */
	bool half_close; /* afterwards, and expect the end */

	/* the result */
	enum exchange_state state;
	int error;
	uint64_t begin; /* of this exchange in the stream */

	struct stream stream; /* goes on from one exchange to the next */
};

/* Holds the conversation; returns whether all was well. */
bool exchange_run(struct exchange *);

/* Says in words how it went. */
void exchange_describe(const struct exchange *, char *buf, size_t size);

/* Sleeps for that long, or until Ctrl-C. */
void exchange_pause(int64_t span);

#endif
