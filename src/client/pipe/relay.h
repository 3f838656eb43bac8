/* SPDX-License-Identifier: ISC */

/*
 * Moves bytes in both directions for pipe: standard input to the server, with a
 * half-close at its end, and the answer to standard output or to the verifier.
 * A slow peer blocks its own direction only.
 */

#ifndef RELAY_H
#define RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/pipe/fifo.h"

enum {
	RELAY_CHUNK = 256 * 1024,
	RELAY_WHY_STRLEN = 96
};

/* Bytes between two descriptors. */
struct relay_buffer {
	uint8_t data[RELAY_CHUNK];
	size_t start, end;
};

struct relay {
	int fd; /* the server */
	bool verifies;
	bool stdout_is_file, stdout_is_socket;

	bool input_ended, half_closed, answer_ended;
	int send_error; /* errno of the write that failed, 0 = none */
	struct relay_buffer out, in; /* to the server, from the server */
	struct fifo unverified;      /* sent, but not yet returned */
	uint64_t sent, received;     /* bytes */
	int64_t moved;               /* time of the last progress */
	int64_t answered;            /* time of the last answer */

	bool failed; /* because of the connection or the answer */
	bool wrong;  /* the answer differs */
	char why[RELAY_WHY_STRLEN];
};

/* fd is a connected non-blocking socket, which the caller closes. */
void relay_init(struct relay *, int fd, bool verifies);

/*
 * Waits until bytes can move, or until that time, and moves them.  Returns
 * NULL, or the name of the standard descriptor that failed, with errno.
 */
const char *relay_step(struct relay *, int64_t until);

/* Whether both directions have ended. */
bool relay_is_over(const struct relay *);

/* Whether the relay waits for the server. */
bool relay_awaits_server(const struct relay *);

/* Ends it, and says why. */
void relay_fail(struct relay *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void relay_free(struct relay *);

#endif
