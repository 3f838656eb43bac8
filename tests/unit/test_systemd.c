/* SPDX-License-Identifier: ISC */

#include <sys/wait.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/unit.h"
#include "common/clock.h"
#include "parent/sockets/systemd.h"

enum {
	SELF = 4242
};

/* ---- NOTIFY_SOCKET ------------------------------------------------------- */

static void
check_address(const char *text, bool good)
{
	const size_t header = offsetof(struct sockaddr_un, sun_path);
	struct sockaddr_un un;
	socklen_t length;

	assert_int_equal(notify_address(text, &un, &length), good);
	if (!good)
		return;
	assert_int_equal(un.sun_family, AF_UNIX);
	if (text[0] == '@') {
		assert_int_equal(un.sun_path[0], '\0');
		assert_memory_equal(
		    un.sun_path + 1, text + 1, strlen(text) - 1);
		assert_int_equal(length, header + strlen(text));
	} else {
		assert_string_equal(un.sun_path, text);
		assert_int_equal(length, header + strlen(text) + 1);
	}
}

static void
paths_and_abstract_names_are_addresses(void **state)
{
	static const char *const good[] = {"/run/systemd/notify", "/n", "@n",
	    "@/org/freedesktop/systemd1/notify/1", "@ "};
	static const char *const bad[] = {"", "/", "@", "n", "run/notify",
	    " /run/notify", "vsock:2:1234", "./n", "~"};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		check_address(good[i], true);
	for (size_t i = 0; i < COUNT(bad); i++)
		check_address(bad[i], false);
}

static void
an_address_is_as_long_as_the_kernel_takes(void **state)
{
	struct sockaddr_un un;
	char text[2 * sizeof un.sun_path];

	(void)state;
	for (size_t length = 2; length < sizeof text; length++) {
		memset(text, 'n', length);
		text[length] = '\0';
		text[0] = '/';
		check_address(text, length < sizeof un.sun_path);
		text[0] = '@';
		check_address(text, length < sizeof un.sun_path);
	}
}

/* ---- LISTEN_FDS ---------------------------------------------------------- */

static const struct {
	const char *pid;
	const char *fds;
	int count;
} passed[] = {
    {NULL, NULL, 0},
    {"4242", NULL, 0},
    {NULL, "1", 0},
    {"4242", "0", 0},
    {"4242", "1", 1},
    {"4242", "2", 2},
    {"4242", "1024", 1024},
    {"4242", "1025", -1},
    {"4242", "-1", -1},
    {"4242", "", -1},
    {"4242", "x", -1},
    {"4242", "1x", -1},
    {"4242", "1 ", -1},
    {"4242", "99999999999999999999", -1},
    {"4243", "1", 0}, /* somebody else's */
    {"1", "x", 0},
    {"0", "1", -1},
    {"-4242", "1", -1},
    {"", "1", -1},
    {"4242x", "1", -1},
    {"x", "1", -1},
    {"4294971538", "1", -1}, /* 4242 + 2^32 */
    {"99999999999999999999", "1", -1},
};

static void
sockets_are_taken_only_if_they_are_for_this_process(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(passed); i++)
		if (passed_sockets(passed[i].pid, passed[i].fds, SELF) !=
		    passed[i].count)
			fail_msg("LISTEN_PID=%s LISTEN_FDS=%s",
			    passed[i].pid ? passed[i].pid : "(none)",
			    passed[i].fds ? passed[i].fds : "(none)");
}

static void
set_own_pid(const char *name)
{
	char pid[16];

	(void)snprintf(pid, sizeof pid, "%d", (int)getpid());
	assert_int_equal(setenv(name, pid, 1), 0);
}

static void
the_environment_of_passed_sockets_is_removed(void **state)
{
	bool stored = true;

	(void)state;
	set_own_pid("LISTEN_PID");
	assert_int_equal(setenv("LISTEN_FDS", "3", 1), 0);
	assert_int_equal(setenv("LISTEN_FDNAMES", "a:b:c", 1), 0);
	assert_int_equal(systemd_passed_sockets(&stored), 3);
	assert_false(stored);
	assert_null(getenv("LISTEN_PID"));
	assert_null(getenv("LISTEN_FDS"));
	assert_null(getenv("LISTEN_FDNAMES"));
	assert_int_equal(systemd_passed_sockets(&stored), 0);
}

static void
sockets_are_stored_ones_if_all_have_our_name(void **state)
{
	(void)state;
	assert_true(passed_are_stored("echod-listen"));
	assert_true(passed_are_stored("echod-listen:echod-listen"));
	assert_false(passed_are_stored(NULL));
	assert_false(passed_are_stored(""));
	assert_false(passed_are_stored("echod.socket"));
	assert_false(passed_are_stored("echod-listen:echod.socket"));
	assert_false(passed_are_stored("echod-listener"));
	assert_false(passed_are_stored("echod-listen:"));
}

/* ---- notifying ----------------------------------------------------------- */

struct manager {
	int fd;
	struct notify notify;
};

/* A service manager that listens on an abstract name of the kernel's choice. */
static int
setup(void **state)
{
	static struct manager manager;
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	socklen_t length = sizeof un.sun_family;
	char text[sizeof un.sun_path + 1] = "@";

	manager.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (manager.fd == -1 ||
	    bind(manager.fd, (struct sockaddr *)&un, length) == -1)
		return -1;
	length = sizeof un;
	if (getsockname(manager.fd, (struct sockaddr *)&un, &length) == -1)
		return -1;
	memcpy(text + 1, un.sun_path + 1,
	    length - offsetof(struct sockaddr_un, sun_path) - 1);
	*state = &manager;
	return setenv("NOTIFY_SOCKET", text, 1);
}

static int
teardown(void **state)
{
	struct manager *manager = *state;

	if (manager->notify.fd != -1)
		(void)close(manager->notify.fd);
	return close(manager->fd);
}

static const char *
received(const struct manager *manager)
{
	static char text[1024];
	ssize_t length = recv(manager->fd, text, sizeof text - 1, 0);

	if (length == -1)
		return NULL;
	text[length] = '\0';
	return text;
}

static void
messages_arrive_as_they_were_sent(void **state)
{
	struct manager *manager = *state;

	notify_open(&manager->notify);
	assert_null(received(manager));
	notify_send(&manager->notify, "READY=1");
	assert_string_equal(received(manager), "READY=1");
	notify_send_idle(&manager->notify, "STATUS=%d sessions", 3);
	assert_string_equal(received(manager), "STATUS=3 sessions");
	assert_null(received(manager));
}

static void
the_environment_of_notification_is_removed(void **state)
{
	struct manager *manager = *state;

	assert_int_equal(setenv("WATCHDOG_USEC", "1000000", 1), 0);
	set_own_pid("WATCHDOG_PID");
	notify_open(&manager->notify);
	assert_null(getenv("NOTIFY_SOCKET"));
	assert_null(getenv("WATCHDOG_USEC"));
	assert_null(getenv("WATCHDOG_PID"));
}

static void
without_a_manager_nothing_is_sent(void **state)
{
	struct manager *manager = *state;
	struct notify notify;

	notify_open(&manager->notify);
	notify_open(&notify); /* the first has removed the name */
	assert_int_equal(notify.fd, -1);
	assert_int_equal(notify.watchdog, 0);
	notify_send(&notify, "READY=1");
	notify_send_idle(&notify, "READY=1");
	assert_null(received(manager));
}

static void
a_message_is_sent_whole_or_not_at_all(void **state)
{
	struct manager *manager = *state;
	char text[1000];

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	notify_open(&manager->notify);
	assert_false(notify_send(&manager->notify, "%s", text));
	assert_null(received(manager));
}

/* With the manager's queue full; an endless wait would end by SIGALRM. */
static void
a_stalled_manager_stalls_nobody(void **state)
{
	struct manager *manager = *state;

	notify_open(&manager->notify);
	(void)alarm(60);
	for (int i = 0; i < 10000; i++)
		notify_send_idle(&manager->notify, "STATUS=%d", i);
	notify_send(&manager->notify, "STOPPING=1");
	(void)alarm(0);
	assert_string_equal(received(manager), "STATUS=0");
}

static const struct {
	const char *usec;
	const char *pid; /* NULL: not set; "": this process */
	int64_t interval;
} watchdogs[] = {
    {"3000000", "", 1500 * MSEC},
    {"3000000", NULL, 1500 * MSEC},
    {"3000000", "1", 0},
    {"3000000", "x", 0},
    {"1", NULL, 500},
    {"0", NULL, 0},
    {"-1", NULL, 0},
    {"", NULL, 0},
    {"x", NULL, 0},
    {"9223372036854775", NULL, INT64_C(9223372036854775) * USEC / 2},
    {"9223372036854776", NULL, 0},
    {"18446744073709551615", NULL, 0},
};

static void
the_watchdog_is_fed_twice_as_often_as_asked(void **state)
{
	struct manager *manager = *state;

	manager->notify.fd = -1;
	for (size_t i = 0; i < COUNT(watchdogs); i++) {
		struct notify notify;

		assert_int_equal(setenv("NOTIFY_SOCKET", "/n", 1), 0);
		assert_int_equal(
		    setenv("WATCHDOG_USEC", watchdogs[i].usec, 1), 0);
		if (watchdogs[i].pid != NULL && *watchdogs[i].pid == '\0')
			set_own_pid("WATCHDOG_PID");
		else if (watchdogs[i].pid != NULL)
			assert_int_equal(
			    setenv("WATCHDOG_PID", watchdogs[i].pid, 1), 0);
		notify_open(&notify);
		assert_int_equal(notify.watchdog, watchdogs[i].interval);
		(void)close(notify.fd);
	}
}

static void
a_manager_of_an_unknown_kind_is_told_of_and_left_alone(void **state)
{
	struct notify notify;

	(void)state;
	assert_int_equal(setenv("NOTIFY_SOCKET", "vsock:2:1", 1), 0);
	capture_start();
	notify_open(&notify);
	assert_string_equal(capture_end(),
	    "echod: NOTIFY_SOCKET is of no known kind: vsock:2:1\n");
	assert_int_equal(notify.fd, -1);
	assert_true(notify_send(&notify, "READY=1"));
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
}

static void
an_address_is_handed_on_as_text(void **state)
{
	static const char *const names[] = {"/run/systemd/notify", "@abstract"};
	(void)state;

	for (size_t i = 0; i < COUNT(names); i++) {
		struct notify notify = {.fd = 5}, again = {.fd = 5};
		char text[NOTIFY_ADDRESS_SIZE];
		assert_true(
		    notify_address(names[i], &notify.un, &notify.length));
		notify_save(&notify, text);
		assert_string_equal(text, names[i]);
		assert_true(notify_restore(&again, text));
		assert_int_equal(again.length, notify.length);
		assert_memory_equal(&again.un, &notify.un, notify.length);
	}
	assert_false(notify_restore(&(struct notify){.fd = 5}, ""));
	assert_true(notify_restore(&(struct notify){.fd = -1}, ""));
}

/* ---- what ends the program ----------------------------------------------- */

static void
take_sockets(void)
{
	bool stored;

	(void)systemd_passed_sockets(&stored);
}

static const char *
last_words(void (*act)(void))
{
	int status;

	capture_start();
	pid_t pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		act();
		_exit(EXIT_SUCCESS);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EXIT_FAILURE);
	return capture_end();
}

static void
a_bad_environment_ends_the_program_with_one_line(void **state)
{
	(void)state;
	set_own_pid("LISTEN_PID");
	assert_int_equal(setenv("LISTEN_PID", "x", 1), 0);
	assert_int_equal(setenv("LISTEN_FDS", "1", 1), 0);
	assert_string_equal(last_words(take_sockets),
	    "echod: LISTEN_PID or LISTEN_FDS is not a number in range\n");
	assert_int_equal(unsetenv("LISTEN_PID"), 0);
	assert_int_equal(unsetenv("LISTEN_FDS"), 0);
}

#define MANAGED(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(paths_and_abstract_names_are_addresses),
	    cmocka_unit_test(an_address_is_as_long_as_the_kernel_takes),
	    cmocka_unit_test(
		sockets_are_taken_only_if_they_are_for_this_process),
	    cmocka_unit_test(the_environment_of_passed_sockets_is_removed),
	    cmocka_unit_test(sockets_are_stored_ones_if_all_have_our_name),
	    cmocka_unit_test(an_address_is_handed_on_as_text),
	    MANAGED(messages_arrive_as_they_were_sent),
	    MANAGED(the_environment_of_notification_is_removed),
	    MANAGED(without_a_manager_nothing_is_sent),
	    MANAGED(a_message_is_sent_whole_or_not_at_all),
	    MANAGED(a_stalled_manager_stalls_nobody),
	    MANAGED(the_watchdog_is_fed_twice_as_often_as_asked),
	    cmocka_unit_test(
		a_manager_of_an_unknown_kind_is_told_of_and_left_alone),
	    cmocka_unit_test(a_bad_environment_ends_the_program_with_one_line),
	};

	return cmocka_run_group_tests_name("systemd", tests, NULL, NULL);
}
