/* SPDX-License-Identifier: ISC */

#include "client/pipe/fifo.h"

#include <stdlib.h>
#include <string.h>

enum {
	CAPACITY_FIRST = 4096
};

void
fifo_init(struct fifo *fifo, size_t limit)
{
	*fifo = (struct fifo){.limit = limit};
}

void
fifo_free(struct fifo *fifo)
{
	free(fifo->bytes);
	fifo->bytes = NULL;
}

/*
 * Makes room at the end.  Below the limit it moves at most as many bytes to the
 * front as were removed there, so appending stays cheap.
 */
static bool
make_room(struct fifo *fifo, size_t length)
{
	size_t needed = fifo->length + length, capacity = fifo->capacity;

	if (needed > fifo->limit)
		return false;
	if (fifo->start + needed <= capacity)
		return true;
	if (capacity == 0)
		capacity = CAPACITY_FIRST;
	if (fifo->start < fifo->length)
		capacity *= 2;
	while (capacity < needed)
		capacity *= 2;
	if (capacity > fifo->limit)
		capacity = fifo->limit;
	if (capacity > fifo->capacity) {
		uint8_t *bytes = realloc(fifo->bytes, capacity);
		if (bytes == NULL)
			return false;
		fifo->bytes = bytes;
		fifo->capacity = capacity;
	}
	memmove(fifo->bytes, fifo->bytes + fifo->start, fifo->length);
	fifo->start = 0;
	return true;
}

bool
fifo_put(struct fifo *fifo, const uint8_t *from, size_t length)
{
	if (!make_room(fifo, length))
		return false;
	memcpy(fifo->bytes + fifo->start + fifo->length, from, length);
	fifo->length += length;
	return true;
}

size_t
fifo_match(struct fifo *fifo, const uint8_t *bytes, size_t length)
{
	const uint8_t *front = fifo->bytes + fifo->start;
	size_t n = 0;

	if (length > fifo->length)
		length = fifo->length;
	if (length > 0 && memcmp(front, bytes, length) == 0)
		n = length;
	while (n < length && front[n] == bytes[n])
		n++;
	fifo->start += n;
	fifo->length -= n;
	return n;
}
