/* SPDX-License-Identifier: ISC */

#include <stdlib.h>

#include "../support/unit.h"
#include "client/pipe/fifo.h"

enum {
	LIMIT = 100000
};

static uint8_t
byte_at(size_t position)
{
	return (uint8_t)(position * 7 + position / 251);
}

static void
put(struct fifo *fifo, size_t position, size_t length)
{
	uint8_t buf[LIMIT];

	for (size_t i = 0; i < length; i++)
		buf[i] = byte_at(position + i);
	assert_true(fifo_put(fifo, buf, length));
}

static size_t
match(struct fifo *fifo, size_t position, size_t length)
{
	uint8_t buf[LIMIT];

	for (size_t i = 0; i < length; i++)
		buf[i] = byte_at(position + i);
	return fifo_match(fifo, buf, length);
}

static void
what_goes_in_comes_out_however_it_is_cut(void **state)
{
	struct fifo fifo;
	size_t in = 0, out = 0;
	unsigned seed = 1;

	(void)state;
	fifo_init(&fifo, LIMIT);
	for (int i = 0; i < 5000; i++) {
		seed = seed * 1103515245 + 12345;
		size_t n = seed >> 16 & 0xfff;
		if (fifo.length + n <= LIMIT) {
			put(&fifo, in, n);
			in += n;
		}
		seed = seed * 1103515245 + 12345;
		n = seed >> 16 & 0xfff;
		if (n > in - out)
			n = in - out;
		assert_int_equal(match(&fifo, out, n), n);
		out += n;
		assert_int_equal(fifo.length, in - out);
	}
	assert_true(in > (size_t)50 * LIMIT);
	fifo_free(&fifo);
}

static void
a_single_byte_stays_when_it_grows(void **state)
{
	struct fifo fifo;

	(void)state;
	fifo_init(&fifo, LIMIT);
	put(&fifo, 0, 4000);
	assert_int_equal(match(&fifo, 0, 3999), 3999);
	put(&fifo, 4000, LIMIT - 1);
	assert_int_equal(match(&fifo, 3999, LIMIT), LIMIT);
	fifo_free(&fifo);
}

static void
the_first_difference_stops_it(void **state)
{
	struct fifo fifo;

	(void)state;
	fifo_init(&fifo, LIMIT);
	put(&fifo, 0, 100);
	assert_int_equal(fifo_match(&fifo, (const uint8_t *)"\0\7\16x", 4), 3);
	assert_int_equal(fifo.length, 97);
	assert_int_equal(match(&fifo, 3, 97), 97);
	fifo_free(&fifo);
}

static void
more_than_went_in_does_not_match(void **state)
{
	struct fifo fifo;

	(void)state;
	fifo_init(&fifo, LIMIT);
	assert_int_equal(match(&fifo, 0, 10), 0);
	put(&fifo, 0, 5);
	assert_int_equal(match(&fifo, 0, 10), 5);
	assert_int_equal(fifo.length, 0);
	fifo_free(&fifo);
}

static void
the_limit_is_kept(void **state)
{
	struct fifo fifo;
	uint8_t byte = 0;

	(void)state;
	fifo_init(&fifo, LIMIT);
	put(&fifo, 0, LIMIT);
	assert_false(fifo_put(&fifo, &byte, 1));
	assert_int_equal(match(&fifo, 0, 1), 1);
	put(&fifo, LIMIT, 1);
	assert_int_equal(match(&fifo, 1, LIMIT), LIMIT);
	fifo_free(&fifo);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_goes_in_comes_out_however_it_is_cut),
	    cmocka_unit_test(a_single_byte_stays_when_it_grows),
	    cmocka_unit_test(the_first_difference_stops_it),
	    cmocka_unit_test(more_than_went_in_does_not_match),
	    cmocka_unit_test(the_limit_is_kept),
	};

	return cmocka_run_group_tests_name("fifo", tests, NULL, NULL);
}
