/* SPDX-License-Identifier: ISC */

/*
 * The payload: endless streams of pseudo-random bytes.  Each byte depends only
 * on the stream's number and its position, so echoc verifies answers without
 * storing what it sent, and notices bytes that are flipped, lost, added, moved
 * or taken from another connection.
 */

#ifndef PAYLOAD_H
#define PAYLOAD_H

#include <stddef.h>
#include <stdint.h>

/* Returns a number that no other connection uses, here or on other machines. */
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

/* The byte at a position, for messages. */
uint8_t payload_byte(uint64_t stream, uint64_t position);

#endif
