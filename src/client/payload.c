/* SPDX-License-Identifier: ISC */

#include "client/payload.h"

#include <endian.h>
#include <string.h>

#include <bsd/stdlib.h>

enum {
	WORD = sizeof(uint64_t),
	CHUNK = 4096 /* is compared at a time */
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

size_t
payload_verify(
    uint64_t stream, uint64_t position, const uint8_t *buf, size_t length)
{
	uint8_t expected[CHUNK];
	size_t i = 0, n;

	for (size_t from = 0; from < length; from += n) {
		n = length - from < CHUNK ? length - from : CHUNK;
		payload_fill(stream, position + from, expected, n);
		if (memcmp(buf + from, expected, n) == 0)
			continue;
		while (
		    buf[from + i] == payload_byte(stream, position + from + i))
			i++;
		return from + i;
	}
	return length;
}
