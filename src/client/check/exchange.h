/* SPDX-License-Identifier: ISC */

/*
 * One exchange with the server, of a given shape: how much to send in which
 * pieces, how to read the answer, and how to end.
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
	EXCHANGE_EXTRA,   /* more bytes came back than were sent */
	EXCHANGE_SHORT,   /* the answer ended early */
	EXCHANGE_TIMEOUT, /* nothing moved for the timeout */
	EXCHANGE_OPEN,    /* the answer has not ended after the half-close */
	EXCHANGE_FAILED,  /* a system call failed, see error */
	EXCHANGE_STOPPED, /* Ctrl-C */
};

struct exchange {
	/* the shape */
	uint64_t size;
	uint64_t write_piece, read_piece; /* at most; 0 = no limit */
	int64_t write_pause, read_pause;
	uint64_t window; /* unanswered bytes at most; 0 = no limit */
	int64_t timeout; /* 0 = none */
	bool lockstep;   /* write each piece after the answer to the last */
	bool read_last;  /* read nothing until all is written */
	bool piles;      /* read nothing until writing is blocked for good */
	bool half_close; /* at the end, and expect the end of the answer */

	/* the result */
	enum exchange_state state;
	int error;
	uint64_t begin; /* of this exchange in the stream */

	struct stream stream; /* the next exchange continues it */
};

/* Runs the exchange; returns whether all was well. */
bool exchange_run(struct exchange *);

/* Describes the outcome. */
void exchange_describe(const struct exchange *, char *buf, size_t size);

/* Sleeps for that long, or until Ctrl-C. */
void exchange_pause(int64_t span);

#endif
