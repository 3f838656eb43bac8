/* SPDX-License-Identifier: ISC */

/*
 * Bytes that were sent and have to come back, up to a limit.
 */

#ifndef FIFO_H
#define FIFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fifo {
	uint8_t *bytes;
	size_t capacity, limit;
	size_t start, length;
};

void fifo_init(struct fifo *, size_t limit);
void fifo_free(struct fifo *);

/* Appends; false when that would pass the limit, or memory is short. */
bool fifo_put(struct fifo *, const uint8_t *, size_t length);

/*
 * Removes the bytes at the front that equal those given, up to the first that
 * differs or that is not there.  Returns how many.
 */
size_t fifo_match(struct fifo *, const uint8_t *, size_t length);

#endif
