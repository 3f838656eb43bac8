/* SPDX-License-Identifier: ISC */

/* Closing descriptors where the kernel lacks close_range(2). */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>

#include "../support/unit.h"
#include "common/descriptors.h"

enum {
	FIRST = 100,
	END = 900
};

static bool closes; /* the kernel has done all that was asked for */

/* In the place of libc's: nothing else here makes a call by its number. */
long
syscall(long number, ...)
{
	(void)number;
	errno = ENOSYS;
	return closes ? 0 : -1;
}

static void
open_all(void)
{
	for (int fd = FIRST; fd < END; fd++)
		if (fcntl(fd, F_GETFD) == -1)
			assert_int_equal(dup2(STDIN_FILENO, fd), fd);
}

static void
exactly_the_range_is_closed(void **state)
{
	static const struct {
		int first, last;
	} ranges[] = {{FIRST, FIRST}, {200, 454}, {200, 455}, {200, 456},
	    {200, 711}, {200, 712}, {FIRST, END - 1}, {300, 299}};

	(void)state;
	for (size_t i = 0; i < COUNT(ranges); i++) {
		int first = ranges[i].first, last = ranges[i].last;
		open_all();
		descriptors_close((unsigned)first, (unsigned)last);
		for (int fd = FIRST; fd < END; fd++)
			assert_int_equal(fcntl(fd, F_GETFD) == -1,
			    fd >= first && fd <= last);
	}
}

static void
a_range_without_end_ends_at_the_limit(void **state)
{
	(void)state;
	open_all();
	descriptors_close(FIRST + 1, UINT_MAX);
	assert_int_not_equal(fcntl(FIRST, F_GETFD), -1);
	for (int fd = FIRST + 1; fd < END; fd++)
		assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void
nothing_else_is_closed_where_the_kernel_can(void **state)
{
	(void)state;
	open_all();
	closes = true;
	descriptors_close(FIRST, UINT_MAX);
	closes = false;
	for (int fd = FIRST; fd < END; fd++)
		assert_int_not_equal(fcntl(fd, F_GETFD), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(exactly_the_range_is_closed),
	    cmocka_unit_test(a_range_without_end_ends_at_the_limit),
	    cmocka_unit_test(nothing_else_is_closed_where_the_kernel_can),
	};

	return cmocka_run_group_tests_name("descriptors", tests, NULL, NULL);
}
