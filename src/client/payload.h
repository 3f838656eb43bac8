/* SPDX-License-Identifier: ISC */

/*
 * What echoc sends: endless streams of pseudo-random bytes in which every
 * byte follows from the stream's number and its position alone.  So nothing
 * has to be kept to verify an answer, and a byte that is flipped, lost, added,
 * moved or taken from another connection does not match.
 */

#ifndef PAYLOAD_H
#define PAYLOAD_H

#include <stddef.h>
#include <stdint.h>

/* A stream number that no other connection, here or elsewhere, is using. */
uint64_t payload_stream(void);

/* Writes bytes position .. position + length - 1 of the stream to buf. */
void
payload_fill(uint64_t stream, uint64_t position, uint8_t *buf, size_t length);

/*
 * Compares buf with those bytes.  Returns length when they are equal, or the
 * index of the first that differs.
 */
size_t payload_verify(
    uint64_t stream, uint64_t position, const uint8_t *buf, size_t length);

/* The one byte at a position, for telling what was expected. */
uint8_t payload_byte(uint64_t stream, uint64_t position);

#endif
