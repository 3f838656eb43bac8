/* SPDX-License-Identifier: ISC */

/* The bytes that were sent and must come back, up to a limit. */

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

/* Appends bytes; false beyond the limit or without memory. */
bool fifo_put(struct fifo *, const uint8_t *, size_t length);

/*
 * Removes bytes at the front that equal the given ones, up to the first
 * difference.  Returns their number.
 */
size_t fifo_match(struct fifo *, const uint8_t *, size_t length);

#endif
