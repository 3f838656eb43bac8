/* SPDX-License-Identifier: ISC */

#include <sys/epoll.h>

#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "../support/unit.h"
#include "client/interrupts.h"
#include "common/clock.h"

/* The end of a pipe that always has something to read. */
static int
ready_descriptor(void)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	return ends[0];
}

static void
a_signal_ends_a_sleep(void **state)
{
	(void)state;
	assert_false(interrupts_take_interim());
	assert_int_equal(raise(SIGQUIT), 0);
	assert_false(interrupts_interim());
	assert_int_equal(interrupts_poll(NULL, 0, INT64_MAX), 0);
	assert_true(interrupts_take_interim());
	assert_false(interrupts_take_interim());
}

static void
the_time_ends_a_sleep(void **state)
{
	(void)state;
	assert_int_equal(interrupts_poll(NULL, 0, clock_now() + MSEC), 0);
	assert_int_equal(interrupts_poll(NULL, 0, clock_now() - SEC), 0);
}

static void
a_ready_descriptor_keeps_no_signal_from_a_poll(void **state)
{
	struct pollfd pfd = {.fd = ready_descriptor(), .events = POLLIN};

	(void)state;
	assert_int_equal(raise(SIGQUIT), 0);
	assert_int_equal(interrupts_poll(&pfd, 1, INT64_MAX), 1);
	assert_true(pfd.revents == POLLIN);
	assert_true(interrupts_take_interim());
}

static void
a_ready_descriptor_keeps_no_signal_from_an_epoll(void **state)
{
	struct epoll_event events[2] = {
	    {.events = EPOLLIN, .data.ptr = events}};
	int epoll = epoll_create1(0);

	(void)state;
	assert_int_not_equal(epoll, -1);
	assert_int_equal(
	    epoll_ctl(epoll, EPOLL_CTL_ADD, ready_descriptor(), events), 0);
	interrupts_watch(epoll);
	assert_int_equal(raise(SIGQUIT), 0);
	assert_int_equal(interrupts_epoll(epoll, events, 2, 0, INT64_MAX), 1);
	assert_ptr_equal(events[0].data.ptr, events);
	assert_true(interrupts_take_interim());
	assert_int_equal(interrupts_epoll(epoll, events, 2, 0, INT64_MAX), 1);
}

/* The last, since there is no way back. */
static void
int_means_stop(void **state)
{
	(void)state;
	assert_false(interrupts_stop());
	assert_int_equal(raise(SIGINT), 0);
	assert_int_equal(interrupts_poll(NULL, 0, INT64_MAX), 0);
	assert_true(interrupts_stop());
}

static int
set_up(void **state)
{
	(void)state;
	interrupts_init();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_signal_ends_a_sleep),
	    cmocka_unit_test(the_time_ends_a_sleep),
	    cmocka_unit_test(a_ready_descriptor_keeps_no_signal_from_a_poll),
	    cmocka_unit_test(a_ready_descriptor_keeps_no_signal_from_an_epoll),
	    cmocka_unit_test(int_means_stop),
	};

	return cmocka_run_group_tests_name("interrupts", tests, set_up, NULL);
}
