/* SPDX-License-Identifier: ISC */

#include "client/payload.h"

#include <endian.h>
#include <string.h>

#include <bsd/stdlib.h>

enum {
	WORD = sizeof(uint64_t)
};

/*
 * The finalizer of SplitMix64: every bit of n affects every bit of the result.
 */
static inline uint64_t
word_at(uint64_t stream, uint64_t n)
{
	uint64_t z = stream + n * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return htole64(z ^ z >> 31);
}

uint64_t
payload_stream(void)
{
	uint64_t stream;

	arc4random_buf(&stream, sizeof stream);
	return stream;
}

uint8_t
payload_byte(uint64_t stream, uint64_t position)
{
	uint64_t word = le64toh(word_at(stream, position / WORD));

	return (uint8_t)(word >> 8 * (position % WORD));
}

void
payload_fill(uint64_t stream, uint64_t position, uint8_t *buf, size_t length)
{
	size_t i = 0;

	for (; i < length && (position + i) % WORD != 0; i++)
		buf[i] = payload_byte(stream, position + i);
	for (; i + WORD <= length; i += WORD) {
		uint64_t word = word_at(stream, (position + i) / WORD);
		memcpy(buf + i, &word, WORD);
	}
	for (; i < length; i++)
		buf[i] = payload_byte(stream, position + i);
}

static size_t
first_difference(uint64_t stream, uint64_t position, const uint8_t *buf,
    size_t from, size_t to)
{
	while (from < to && buf[from] == payload_byte(stream, position + from))
		from++;
	return from;
}

size_t
payload_verify(
    uint64_t stream, uint64_t position, const uint8_t *buf, size_t length)
{
	size_t i = (size_t)(-position % WORD);

	if (i > length)
		i = length;
	size_t checked = first_difference(stream, position, buf, 0, i);
	if (checked < i)
		return checked;
	for (; i + WORD <= length; i += WORD) {
		uint64_t expected = word_at(stream, (position + i) / WORD);
		if (memcmp(buf + i, &expected, WORD) != 0)
			break;
	}
	return first_difference(stream, position, buf, i, length);
}
