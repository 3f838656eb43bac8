/* SPDX-License-Identifier: ISC */

/*
 * Moves bytes both ways at once for pipe: standard input to the server, with
 * a half-close at its end, and the answer to standard output or into a
 * comparison.  Whoever is slow, it waits only for what can go on.
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

/* Bytes on their way from one descriptor to another. */
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
	struct fifo unverified;      /* sent and not yet back */
	uint64_t sent, received;     /* bytes */
	int64_t moved;               /* when anything last did */
	int64_t answered;            /* when bytes last came back */

	bool failed; /* ... with the connection or the answer */
	bool wrong;  /* ... an answer that differs */
	char why[RELAY_WHY_STRLEN];
};

/* fd is a connected, non-blocking socket, and stays the caller's. */
void relay_init(struct relay *, int fd, bool verifies);

/*
 * Waits for something to move, until that time at the latest, and moves it.
 * Returns NULL, or the standard descriptor that failed, with errno.
 */
const char *relay_step(struct relay *, int64_t until);

/* Has all that will ever come been passed on? */
bool relay_is_over(const struct relay *);

/* Is the server the one whose turn it is? */
bool relay_awaits_server(const struct relay *);

void relay_free(struct relay *);

#endif
