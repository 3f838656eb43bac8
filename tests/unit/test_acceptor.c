/* SPDX-License-Identifier: ISC */

/* A client that cannot be given a process: a fork(2) of our own fails. */

#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "../support/unit.h"
#include "common/clock.h"
#include "parent/acceptor.h"
#include "parent/process/memory.h"
#include "parent/server.h"

enum {
	PID = 4711 /* of a session that is not there */
};

static const struct addr peer = {.family = AF_INET, .port = 7};
static bool lacking;

/* In the place of libc's. */
pid_t
_Fork(void)
{
	errno = EAGAIN;
	return lacking ? -1 : PID;
}

static int
setup(void **state)
{
	static struct server server;
	struct config_error error;

	memset(&server, 0, sizeof server);
	*state = &server;
	LIST_INIT(&server.timers);
	acceptor_init(&server);
	throttles_init(&server.throttles);
	limits_init(&server.limits, &server.children, &server.kills);
	return config_defaults(&server.config, &error) &&
		       config_complete(&server.config) &&
		       children_init(&server.children) &&
		       sources_init(&server.sources) &&
		       endpoints_init(&server.endpoints, 1)
		   ? 0
		   : -1;
}

static int
teardown(void **state)
{
	struct server *server = *state;

	config_free(&server->config);
	free(server->endpoints.items);
	memory_private_free(server->sources.slots,
	    (SOURCES_IDLE_MAX + CONFIG_MAX_CHILDREN + 1) *
		sizeof *server->sources.slots);
	return munmap(server->children.slots,
	    CONFIG_MAX_CHILDREN * sizeof *server->children.slots);
}

/* Returns its descriptor. */
static int
admit(struct server *server)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	assert_int_not_equal(fd, -1);
	acceptor_admit(
	    server, fd, &peer, endpoints_get(&server->endpoints, "*:7"));
	return fd;
}

static void
try_again(struct server *server)
{
	struct timer *timer = &server->acceptor.fork_again;
	int64_t due = timer->due;

	timer_clear(timer);
	timer->act(server, due);
}

/* The next try is due so long after a time between begin and now. */
static void
assert_delay(const struct server *server, int64_t begin, int64_t delay)
{
	int64_t due = server->acceptor.fork_again.due;

	assert_true(due >= begin + delay);
	assert_true(due <= clock_now() + delay);
}

static void
tries_come_less_and_less_often(void **state)
{
	static const int64_t delays[] = {10, 20, 40, 80, 160, 320, 500, 500};
	struct server *server = *state;
	int64_t begin = clock_now();

	lacking = true;
	capture_start();
	(void)admit(server);
	for (size_t i = 0; i < COUNT(delays); i++) {
		assert_delay(server, begin, delays[i] * MSEC);
		assert_int_equal(server->metrics.fork_errors, i + 1);
		begin = clock_now();
		try_again(server);
	}
	(void)capture_end();
	assert_true(server->throttles.items[THROTTLED_FORK].due != 0);
	acceptor_abandon(server);
}

static void
after_one_that_works_it_begins_anew(void **state)
{
	struct server *server = *state;

	lacking = true;
	capture_start();
	int fd = admit(server);
	for (int i = 0; i < 5; i++)
		try_again(server);
	assert_false(acceptor_is_open(server)); /* no other has to wait */
	lacking = false;
	try_again(server);
	assert_non_null(children_find(&server->children, PID));
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_int_equal(server->endpoints.items[0].sessions, 1);
	assert_int_equal(server->served, 1);
	lacking = true;
	int64_t begin = clock_now();
	(void)admit(server);
	assert_delay(server, begin, 10 * MSEC);
	(void)capture_end();
	acceptor_abandon(server);
}

static void
one_that_is_given_up_leaves_nothing(void **state)
{
	struct server *server = *state;

	lacking = true;
	capture_start();
	int fd = admit(server);
	(void)capture_end();
	assert_int_equal(server->children.count, 1);
	acceptor_abandon(server);
	assert_int_equal(server->children.count, 0);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_false(timer_is_set(&server->acceptor.fork_again));
	assert_int_equal(
	    sources_get(&server->sources, &peer, 32, 64, clock_now())->sessions,
	    0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(tries_come_less_and_less_often),
	    TEST(after_one_that_works_it_begins_anew),
	    TEST(one_that_is_given_up_leaves_nothing),
	};

	return cmocka_run_group_tests_name("acceptor", tests, NULL, NULL);
}
