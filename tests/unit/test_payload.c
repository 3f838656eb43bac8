/* SPDX-License-Identifier: ISC */

#include "../support/unit.h"
#include "client/payload.h"

enum {
	LENGTH = 1000
};

static void
filling_in_any_pieces_gives_the_same_bytes(void **state)
{
	uint8_t whole[LENGTH], pieces[LENGTH];

	(void)state;
	payload_fill(7, 12345, whole, LENGTH);
	for (size_t step = 1; step < 40; step++) {
		memset(pieces, 0, LENGTH);
		for (size_t at = 0; at < LENGTH; at += step)
			payload_fill(7, 12345 + at, pieces + at,
			    at + step < LENGTH ? step : LENGTH - at);
		assert_memory_equal(whole, pieces, LENGTH);
	}
	for (size_t i = 0; i < LENGTH; i++)
		assert_int_equal(whole[i], payload_byte(7, 12345 + i));
}

/* The first output of SplitMix64 for the seed 0, as published with it. */
static void
it_is_the_output_of_splitmix64(void **state)
{
	static const uint8_t first[] = {
	    0xaf, 0xcd, 0x1d, 0x7b, 0x39, 0xa8, 0x20, 0xe2};
	uint8_t bytes[sizeof first];

	(void)state;
	payload_fill(0, sizeof first, bytes, sizeof bytes);
	assert_memory_equal(bytes, first, sizeof first);
}

static void
every_flipped_bit_is_found_at_its_place(void **state)
{
	uint8_t buf[LENGTH];

	(void)state;
	for (uint64_t position = 0; position < 9; position++) {
		payload_fill(9, position, buf, LENGTH);
		assert_int_equal(
		    payload_verify(9, position, buf, LENGTH), LENGTH);
		for (size_t i = 0; i < LENGTH; i++) {
			buf[i] ^= (uint8_t)(1 << i % 8);
			assert_int_equal(
			    payload_verify(9, position, buf, LENGTH), i);
			buf[i] ^= (uint8_t)(1 << i % 8);
		}
	}
}

static void
short_stretches_are_verified_at_any_position(void **state)
{
	uint8_t buf[32];

	(void)state;
	for (uint64_t position = 0; position < 17; position++)
		for (size_t length = 0; length < sizeof buf; length++) {
			payload_fill(3, position, buf, length);
			assert_int_equal(
			    payload_verify(3, position, buf, length), length);
			if (length == 0)
				continue;
			buf[length - 1] ^= 0x80;
			assert_int_equal(
			    payload_verify(3, position, buf, length),
			    length - 1);
		}
}

static void
moved_bytes_do_not_match(void **state)
{
	uint8_t buf[LENGTH];

	(void)state;
	payload_fill(5, 1000, buf, LENGTH);
	for (uint64_t shift = 1; shift < 500; shift++) {
		assert_true(payload_verify(5, 1000 + shift, buf, LENGTH) < 8);
		assert_true(payload_verify(5, 1000 - shift, buf, LENGTH) < 8);
	}
}

static void
other_streams_do_not_match(void **state)
{
	uint8_t buf[LENGTH];
	uint64_t mine = payload_stream();

	(void)state;
	payload_fill(mine, 0, buf, LENGTH);
	for (int i = 0; i < 100; i++)
		assert_true(
		    payload_verify(payload_stream(), 0, buf, LENGTH) < 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(filling_in_any_pieces_gives_the_same_bytes),
	    cmocka_unit_test(it_is_the_output_of_splitmix64),
	    cmocka_unit_test(every_flipped_bit_is_found_at_its_place),
	    cmocka_unit_test(short_stretches_are_verified_at_any_position),
	    cmocka_unit_test(moved_bytes_do_not_match),
	    cmocka_unit_test(other_streams_do_not_match),
	};

	return cmocka_run_group_tests_name("payload", tests, NULL, NULL);
}
