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

/* The bytes from position on that lie together, at most length. */
static size_t
stretch(const struct fifo *fifo, size_t position, size_t length)
{
	size_t to_edge = fifo->capacity - (position & (fifo->capacity - 1));

	return length < to_edge ? length : to_edge;
}

static uint8_t *
byte_at(const struct fifo *fifo, size_t position)
{
	return fifo->bytes + (position & (fifo->capacity - 1));
}

static bool
grow(struct fifo *fifo, size_t needed)
{
	size_t capacity = fifo->capacity, first;
	uint8_t *bytes;

	if (needed > fifo->limit)
		return false;
	if (capacity == 0)
		capacity = CAPACITY_FIRST;
	while (capacity < needed)
		capacity *= 2;
	if (capacity == fifo->capacity)
		return true;
	if ((bytes = malloc(capacity)) == NULL)
		return false;
	if (fifo->length > 0) {
		first = stretch(fifo, fifo->start, fifo->length);
		memcpy(bytes, byte_at(fifo, fifo->start), first);
		memcpy(bytes + first, fifo->bytes, fifo->length - first);
	}
	free(fifo->bytes);
	fifo->bytes = bytes;
	fifo->capacity = capacity;
	fifo->start = 0;
	return true;
}

bool
fifo_put(struct fifo *fifo, const uint8_t *from, size_t length)
{
	if (!grow(fifo, fifo->length + length))
		return false;
	while (length > 0) {
		size_t end = fifo->start + fifo->length;
		size_t n = stretch(fifo, end, length);
		memcpy(byte_at(fifo, end), from, n);
		fifo->length += n;
		from += n;
		length -= n;
	}
	return true;
}

static size_t
common_length(const uint8_t *a, const uint8_t *b, size_t length)
{
	size_t i = 0;

	if (memcmp(a, b, length) == 0)
		return length;
	while (a[i] == b[i])
		i++;
	return i;
}

size_t
fifo_match(struct fifo *fifo, const uint8_t *bytes, size_t length)
{
	size_t matched = 0, n = 1, same = 1;

	if (length > fifo->length)
		length = fifo->length;
	while (matched < length && same == n) {
		n = stretch(fifo, fifo->start, length - matched);
		same = common_length(
		    byte_at(fifo, fifo->start), bytes + matched, n);
		matched += same;
		fifo->start += same;
		fifo->length -= same;
	}
	return matched;
}
