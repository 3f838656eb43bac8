/* SPDX-License-Identifier: ISC */

/* Whole sessions, each in a child with one end of a socket pair. */

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/unit.h"
#include "child/session.h"
#include "common/clock.h"
#include "common/signals.h"

enum {
	DEADLINE = 120, /* seconds until a test that hangs is ended */
	MEGABYTE = 1 << 20,
	SERIAL = 4711
};

/* What is different from an echo without any limit. */
struct options {
	int64_t receive_timeout; /* ns, 0 = none */
	int64_t send_timeout;    /* ns, 0 = none */
	int send_buffer;         /* bytes, 0 = the system's default */
	enum sandbox sandbox;
	int64_t max_lifetime; /* ns */
	bool proxied;
	bool orphan; /* its parent is not the one it expects */
};

struct client {
	int fd;
	int reports;
	pid_t pid;          /* of the session */
	struct report last; /* that came */
};

static int
setup(void **state)
{
	static struct client client;

	*state = &client;
	(void)alarm(DEADLINE);
	return 0;
}

static int
teardown(void **state)
{
	struct client *client = *state;

	(void)alarm(0);
	if (client->pid > 0) { /* a test that failed */
		(void)kill(client->pid, SIGKILL);
		(void)waitpid(client->pid, NULL, 0);
	}
	client->pid = 0;
	(void)close(client->fd);
	(void)close(client->reports);
	return 0;
}

static void
set_timeout(int fd, int option, int64_t span)
{
	struct timeval timeout = {.tv_sec = (time_t)(span / SEC),
	    .tv_usec = (suseconds_t)(span % SEC / USEC)};

	assert_int_equal(
	    setsockopt(fd, SOL_SOCKET, option, &timeout, sizeof timeout), 0);
}

static _Noreturn void
serve(const struct session *session)
{
	signals_init();                              /* as the parent has */
	(void)dup2(STDERR_FILENO, session->fd + 10); /* and what it holds */
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	session_run(session);
}

/* Like the parent, which has blocked what it handles. */
static pid_t
fork_blocked(void)
{
	sigset_t blocked, before;

	assert_int_equal(sigemptyset(&blocked), 0);
	assert_int_equal(sigaddset(&blocked, SIGTERM), 0);
	assert_int_equal(sigaddset(&blocked, SIGUSR1), 0);
	assert_int_equal(sigprocmask(SIG_BLOCK, &blocked, &before), 0);
	pid_t pid = fork();
	if (pid != 0)
		assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
	assert_int_not_equal(pid, -1);
	return pid;
}

static void
start(struct client *client, struct options options)
{
	int pair[2], queue[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, queue), 0);
	set_timeout(pair[1], SO_RCVTIMEO, options.receive_timeout);
	set_timeout(pair[1], SO_SNDTIMEO, options.send_timeout);
	if (options.send_buffer != 0)
		assert_int_equal(
		    setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF,
			&options.send_buffer, sizeof options.send_buffer),
		    0);
	struct session session = {
	    .fd = pair[1],
	    .reports = queue[1],
	    .serial = SERIAL,
	    .title = "test",
	    .parent = options.orphan ? 1 : getpid(),
	    .sandbox = options.sandbox,
	    .max_lifetime = options.max_lifetime,
	    .proxied = options.proxied,
	};
	client->pid = fork_blocked();
	if (client->pid == 0)
		serve(&session);
	(void)close(pair[1]);
	(void)close(queue[1]);
	client->fd = pair[0];
	client->reports = queue[0];
}

/* Valgrind runs the session itself, and has descriptors in it. */
static void
skip_if_valgrind(void)
{
	const char *preload = getenv("LD_PRELOAD");

	if (preload != NULL && strstr(preload, "vgpreload") != NULL)
		skip();
}

/* Sanitizers and valgrind make system calls that confinement forbids. */
static void
skip_if_instrumented(void)
{
#ifdef INSTRUMENTED
	skip();
#else
	skip_if_valgrind();
#endif
}

static void
send_all(const struct client *client, const void *data, size_t length)
{
	assert_int_equal(
	    send(client->fd, data, length, MSG_NOSIGNAL), (ssize_t)length);
}

static void
receive_exactly(const struct client *client, const void *data, size_t length)
{
	char *got = malloc(length + 1);

	assert_non_null(got);
	assert_int_equal(
	    recv(client->fd, got, length, MSG_WAITALL), (ssize_t)length);
	assert_memory_equal(got, data, length);
	free(got);
}

static void
receive_end(const struct client *client)
{
	char byte;

	assert_int_equal(recv(client->fd, &byte, 1, 0), 0);
}

static void
receive_report(struct client *client, enum report_kind kind)
{
	do /* it may have answered more than once */
		assert_int_equal(recv(client->reports, &client->last,
				     sizeof client->last, 0),
		    sizeof client->last);
	while (client->last.kind == REPORT_COUNT && kind != REPORT_COUNT);
	assert_int_equal(client->last.kind, kind);
	assert_int_equal(client->last.serial, SERIAL);
}

static void
end_with(struct client *client, enum reason reason)
{
	int status;

	receive_report(client, REPORT_END);

	assert_int_equal(waitpid(client->pid, &status, 0), client->pid);
	client->pid = 0;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), reason);
}

/* The signal again and again, as the parent sends it, until it ends. */
static void
signal_until_end(const struct client *client, int signo)
{
	struct pollfd ended = {.fd = client->fd}; /* POLLHUP needs no asking */

	do
		assert_int_equal(kill(client->pid, signo), 0);
	while (poll(&ended, 1, 10) == 0);
}

/* ---- the echo ------------------------------------------------------------ */

static void
every_byte_comes_back_and_then_the_end(void **state)
{
	struct client *client = *state;
	char data[5000];

	start(client, (struct options){0});
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (char)(i * 7);
	for (size_t length = 1; length <= sizeof data; length += 99) {
		send_all(client, data, length);
		receive_exactly(client, data, length);
	}
	send_all(client, data, sizeof data);
	assert_int_equal(shutdown(client->fd, SHUT_WR), 0);
	receive_exactly(client, data, sizeof data);
	receive_end(client);
	end_with(client, REASON_CLIENT);
}

static void
a_client_that_says_nothing_gets_nothing(void **state)
{
	struct client *client = *state;

	start(client, (struct options){0});
	assert_int_equal(shutdown(client->fd, SHUT_WR), 0);
	receive_end(client);
	end_with(client, REASON_CLIENT);
	assert_int_equal(client->last.bytes, 0);
}

/*
 * Sends and receives as the socket lets it.  Being stopped and continued
 * interrupts the session's calls where they are: see signal(7) on sockets
 * with a timeout.
 */
static void
exchange_interrupted(
    const struct client *client, const char *data, size_t length)
{
	size_t sent = 0, received = 0;
	char chunk[1000];

	while (received < length) {
		struct pollfd polled = {.fd = client->fd,
		    .events =
			(short)(sent < length ? POLLIN | POLLOUT : POLLIN)};
		assert_int_equal(poll(&polled, 1, -1), 1);
		ssize_t count = send(client->fd, data + sent, length - sent,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		sent += count > 0 ? (size_t)count : 0;
		count = recv(client->fd, chunk, sizeof chunk, MSG_DONTWAIT);
		if (count <= 0)
			continue;
		assert_memory_equal(chunk, data + received, (size_t)count);
		received += (size_t)count;
		assert_int_equal(kill(client->pid, SIGSTOP), 0);
		assert_int_equal(kill(client->pid, SIGCONT), 0);
	}
}

static void
short_writes_lose_nothing(void **state)
{
	struct client *client = *state;
	char *data = malloc(MEGABYTE);

	assert_non_null(data);
	for (size_t i = 0; i < MEGABYTE; i++)
		data[i] = (char)(i ^ i >> 8 ^ i >> 16);
	start(client, (struct options){.send_buffer = 1, .send_timeout = MSEC});
	exchange_interrupted(client, data, MEGABYTE);
	assert_int_equal(shutdown(client->fd, SHUT_WR), 0);
	receive_end(client);
	end_with(client, REASON_CLIENT);
	assert_int_equal(client->last.bytes, MEGABYTE);
	free(data);
}

static void
it_counts_what_it_echoed(void **state)
{
	struct client *client = *state;

	start(client, (struct options){0});
	for (uint64_t i = 1; i <= 100; i++) {
		send_all(client, "ab", 2);
		receive_exactly(client, "ab", 2);
	}
	assert_int_equal(shutdown(client->fd, SHUT_WR), 0);
	end_with(client, REASON_CLIENT);
	assert_int_equal(client->last.bytes, 200);
}

/* Until it waits for input, which a signal then interrupts, or has ended. */
static void
await_sleep(const struct client *client)
{
	char path[64], state = '\0';

	(void)snprintf(path, sizeof path, "/proc/%d/stat", (int)client->pid);
	while (state != 'S' && state != 'Z') {
		FILE *stat = fopen(path, "re");
		assert_non_null(stat);
		assert_int_equal(fscanf(stat, "%*d %*s %c", &state), 1);
		(void)fclose(stat);
	}
}

static void
ask(struct client *client)
{
	await_sleep(client);
	assert_int_equal(kill(client->pid, SIGUSR1), 0);
	receive_report(client, REPORT_COUNT);
}

static void
it_tells_its_count_when_asked_and_goes_on(void **state)
{
	struct client *client = *state;

	start(client, (struct options){0});
	send_all(client, "hello", 5);
	receive_exactly(client, "hello", 5);
	ask(client);
	assert_int_equal(client->last.bytes, 5);
	send_all(client, "hello", 5);
	receive_exactly(client, "hello", 5);
	assert_int_equal(shutdown(client->fd, SHUT_WR), 0);
	receive_end(client);
	end_with(client, REASON_CLIENT);
	assert_int_equal(client->last.bytes, 10);
}

/* Neither brings its end nearer. */
static void
questions_are_no_reminders_of_a_stop(void **state)
{
	struct client *client = *state;

	start(client, (struct options){0});
	send_all(client, "x", 1);
	receive_exactly(client, "x", 1);
	assert_int_equal(kill(client->pid, SIGTERM), 0);
	for (int i = 0; i < 10; i++)
		ask(client);
	send_all(client, "x", 1);
	receive_exactly(client, "x", 1);
	assert_int_equal(shutdown(client->fd, SHUT_WR), 0);
	end_with(client, REASON_CLIENT);
}

static void
it_holds_no_descriptor_but_its_two(void **state)
{
	struct client *client = *state;
	char path[64];
	int count = 0;

	skip_if_valgrind();
	start(client, (struct options){0});
	send_all(client, "x", 1);
	receive_exactly(client, "x", 1); /* it has begun */
	(void)snprintf(path, sizeof path, "/proc/%d/fd", (int)client->pid);
	DIR *directory = opendir(path);
	assert_non_null(directory);
	for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
		count += entry->d_name[0] != '.';
	(void)closedir(directory);
	assert_int_equal(count, 2);
}

/* ---- how it ends --------------------------------------------------------- */

static void
an_idle_client_is_cut(void **state)
{
	struct client *client = *state;

	start(client, (struct options){.receive_timeout = 20 * MSEC});
	receive_end(client);
	end_with(client, REASON_IDLE);
}

/* Sends until neither the session nor the kernel takes more. */
static size_t
send_without_reading(const struct client *client)
{
	char data[4096] = {0};
	size_t sent = 0;
	struct pollfd polled = {.fd = client->fd, .events = POLLOUT};

	while (poll(&polled, 1, 100) == 1) {
		ssize_t count = send(
		    client->fd, data, sizeof data, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (count == -1 && errno != EAGAIN)
			break; /* it has ended meanwhile */
		sent += count > 0 ? (size_t)count : 0;
	}
	return sent;
}

static void
a_client_that_never_reads_is_cut(void **state)
{
	struct client *client = *state;

	start(client, (struct options){.send_timeout = 5 * MSEC});
	size_t sent = send_without_reading(client);
	end_with(client, REASON_STALLED);
	assert_true(client->last.bytes > 0 && client->last.bytes < sent);
}

/* How often it has slept. */
static long
sleeps(const struct client *client)
{
	char path[64], line[128];
	long count = -1;

	(void)snprintf(path, sizeof path, "/proc/%d/status", (int)client->pid);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	while (count == -1 && fgets(line, sizeof line, file) != NULL)
		(void)sscanf(line, "voluntary_ctxt_switches: %ld", &count);
	(void)fclose(file);
	return count;
}

/*
 * It lets the session wait in vain, for more than STALL_SLICES in all, but a
 * few at a time.
 */
static void
a_client_that_reads_now_and_then_is_not_cut(void **state)
{
	struct client *client = *state;
	char data[4096];

	start(client,
	    (struct options){.send_buffer = 1, .send_timeout = 40 * MSEC});
	struct pollfd ended = {.fd = client->fd};
	(void)send_without_reading(client);
	for (int i = 0; i < STALL_SLICES / 2 + 1; i++) {
		long before = sleeps(client);
		while (sleeps(client) < before + 4)
			assert_int_equal(poll(&ended, 1, 1), 0);
		assert_true(recv(client->fd, data, sizeof data, 0) > 0);
	}
	(void)close(client->fd);
	end_with(client, REASON_RESET);
}

static void
a_client_that_goes_away_is_a_reset(void **state)
{
	struct client *client = *state;

	start(client, (struct options){0});
	(void)send_without_reading(client);
	(void)close(client->fd);
	end_with(client, REASON_RESET);
}

static void
a_stop_comes_after_all_that_was_received_is_echoed(void **state)
{
	struct client *client = *state;
	char data[4096];

	memset(data, 'x', sizeof data);
	start(client, (struct options){0});
	send_all(client, data, sizeof data);
	receive_exactly(client, data, 1); /* it has begun */
	signal_until_end(client, SIGTERM);
	receive_exactly(client, data, sizeof data - 1);
	receive_end(client);
	end_with(client, REASON_SHUTDOWN);
	assert_int_equal(client->last.bytes, sizeof data);
}

static void
a_header_is_input_like_any_other(void **state)
{
	struct client *client = *state;
	static const char first[] = "PROXY TCP4 192.0.2.1 192.0.2.2 ";

	start(client, (struct options){.proxied = true});
	assert_int_equal(kill(client->pid, SIGTERM), 0);
	ask(client); /* it waits, and is quiet */
	send_all(client, first, sizeof first - 1);
	ask(client);
	assert_int_equal(kill(client->pid, SIGTERM), 0);
	send_all(client, "51234 7\r\nhello", 14);
	receive_exactly(client, "hello", 5);
	receive_report(client, REPORT_CLIENT);
	assert_int_equal(shutdown(client->fd, SHUT_WR), 0);
	receive_end(client);
	end_with(client, REASON_CLIENT);
}

static void
remind(struct client *client)
{
	await_sleep(client);
	assert_int_equal(kill(client->pid, SIGTERM), 0);
	await_sleep(client);
}

static void
check_patience(struct client *client, int reminders, bool active)
{
	start(client, (struct options){0});
	ask(client);
	if (active) {
		remind(client);
		send_all(client, "x", 1);
		receive_exactly(client, "x", 1);
	}
	for (int i = 0; i < reminders; i++)
		remind(client);
	send_all(client, "x", 1);
	receive_exactly(client, "x", 1);
	signal_until_end(client, SIGTERM);
	receive_end(client);
	end_with(client, REASON_SHUTDOWN);
}

static void
a_stop_waits_for_four_signals_without_input(void **state)
{
	check_patience(*state, 3, false);
}

static void
a_stop_waits_longer_if_input_came_since_it_began(void **state)
{
	check_patience(*state, 10, true);
}

static void
check_end_after(struct client *client, int reminders)
{
	start(client, (struct options){0});
	ask(client);
	for (int i = 0; i < reminders - 1; i++)
		remind(client);
	assert_int_equal(kill(client->pid, SIGTERM), 0);
	receive_end(client);
	end_with(client, REASON_SHUTDOWN);
}

static void
the_fourth_signal_without_input_ends_it(void **state)
{
	check_end_after(*state, 4);
}

static void
a_single_signal_ends_no_session(void **state)
{
	struct client *client = *state;

	start(client, (struct options){0});
	for (int i = 0; i < 100; i++) {
		send_all(client, "x", 1);
		receive_exactly(client, "x", 1);
		if (i == 50)
			assert_int_equal(kill(client->pid, SIGTERM), 0);
	}
	assert_int_equal(shutdown(client->fd, SHUT_WR), 0);
	end_with(client, REASON_CLIENT);
}

static void
a_lifetime_ends_a_quiet_session(void **state)
{
	struct client *client = *state;

	start(client, (struct options){.max_lifetime = 50 * MSEC});
	receive_end(client);
	end_with(client, REASON_LIFETIME);
}

static void
a_lifetime_ends_a_session_that_cannot_write(void **state)
{
	struct client *client = *state;

	start(client, (struct options){.max_lifetime = 200 * MSEC});
	(void)send_without_reading(client);
	end_with(client, REASON_LIFETIME);
}

/* The timer's alarms are an hour away; these are sent by hand. */
static void
the_sixth_alarm_ends_a_session_that_cannot_write(void **state)
{
	struct client *client = *state;

	start(client, (struct options){.max_lifetime = 3600 * SEC});
	(void)send_without_reading(client);
	for (int i = 0; i < 5; i++) {
		await_sleep(client);
		assert_int_equal(kill(client->pid, SIGALRM), 0);
	}
	ask(client);
	assert_int_equal(client->last.waits, REPORT_WAITS_FOR_ROOM);
	await_sleep(client);
	assert_int_equal(kill(client->pid, SIGALRM), 0);
	end_with(client, REASON_LIFETIME);
}

static void
a_session_whose_parent_has_died_does_not_begin(void **state)
{
	struct client *client = *state;

	start(client, (struct options){.orphan = true});
	receive_end(client);
	end_with(client, REASON_SANDBOX);
}

/* ---- confinement --------------------------------------------------------- */

static bool
is_filtered(void)
{
	int mode = prctl(PR_GET_SECCOMP);

	assert_int_not_equal(mode, -1);
	return mode != 0;
}

static void
echo_once(struct client *client, bool possible)
{
	start(client, (struct options){.sandbox = SANDBOX_ON});
	if (possible) {
		send_all(client, "hello", 5);
		receive_exactly(client, "hello", 5);
		assert_int_equal(shutdown(client->fd, SHUT_WR), 0);
	}
	receive_end(client);
	end_with(client, possible ? REASON_CLIENT : REASON_SANDBOX);
}

/* Strict mode cannot be had where a filter is in force. */
static void
it_echoes_in_the_sandbox_or_not_at_all(void **state)
{
	skip_if_instrumented();
	skip_if_filters_hang();
	echo_once(*state, SANDBOX_ON == SANDBOX_FILTER || !is_filtered());
}

/* ---- behind a proxy ------------------------------------------------------ */

static const char header[] = "PROXY TCP4 192.0.2.1 192.0.2.2 51234 7\r\n";

static void
what_follows_the_header_is_echoed(void **state)
{
	struct client *client = *state;
	char name[ADDR_STRLEN];

	start(client, (struct options){.proxied = true});
	for (size_t i = 0; i < sizeof header - 2; i++)
		send_all(client, &header[i], 1);
	send_all(client, "\nhello", 6);
	receive_exactly(client, "hello", 5);
	receive_report(client, REPORT_CLIENT);
	assert_true(client->last.named);
	assert_string_equal(
	    addr_format(&client->last.client, name), "192.0.2.1:51234");
	assert_int_equal(shutdown(client->fd, SHUT_WR), 0);
	receive_end(client);
	end_with(client, REASON_CLIENT);
	assert_int_equal(client->last.bytes, 5);
}

static void
a_header_that_names_nobody_is_good(void **state)
{
	struct client *client = *state;

	start(client, (struct options){.proxied = true});
	send_all(client, "PROXY UNKNOWN\r\n", 15);
	assert_int_equal(shutdown(client->fd, SHUT_WR), 0);
	receive_end(client);
	receive_report(client, REPORT_CLIENT);
	assert_false(client->last.named);
	end_with(client, REASON_CLIENT);
}

static void
without_a_good_header_nothing_is_echoed(void **state)
{
	static const char *const starts[] = {
	    "", "hello", "PROXY TCP4", "PROXY TCP5 1 2 3 4\r\nhello"};

	for (size_t i = 0; i < COUNT(starts); i++) {
		struct client *client = *state;

		start(client, (struct options){.proxied = true});
		send_all(client, starts[i], strlen(starts[i]));
		assert_int_equal(shutdown(client->fd, SHUT_WR), 0);
		char byte;
		assert_true(recv(client->fd, &byte, 1, 0) <= 0);
		end_with(client, REASON_PROXY);
		assert_int_equal(client->last.bytes, 0);
		(void)close(client->fd);
		(void)close(client->reports);
	}
}

static void
a_stop_ends_a_session_without_a_header(void **state)
{
	struct client *client = *state;

	start(client, (struct options){.proxied = true});
	signal_until_end(client, SIGTERM);
	end_with(client, REASON_SHUTDOWN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(every_byte_comes_back_and_then_the_end),
	    TEST(a_client_that_says_nothing_gets_nothing),
	    TEST(short_writes_lose_nothing),
	    TEST(it_counts_what_it_echoed),
	    TEST(it_tells_its_count_when_asked_and_goes_on),
	    TEST(questions_are_no_reminders_of_a_stop),
	    TEST(it_holds_no_descriptor_but_its_two),
	    TEST(an_idle_client_is_cut),
	    TEST(a_client_that_never_reads_is_cut),
	    TEST(a_client_that_reads_now_and_then_is_not_cut),
	    TEST(a_client_that_goes_away_is_a_reset),
	    TEST(a_stop_comes_after_all_that_was_received_is_echoed),
	    TEST(a_header_is_input_like_any_other),
	    TEST(a_stop_waits_for_four_signals_without_input),
	    TEST(a_stop_waits_longer_if_input_came_since_it_began),
	    TEST(the_fourth_signal_without_input_ends_it),
	    TEST(a_single_signal_ends_no_session),
	    TEST(a_lifetime_ends_a_quiet_session),
	    TEST(a_lifetime_ends_a_session_that_cannot_write),
	    TEST(the_sixth_alarm_ends_a_session_that_cannot_write),
	    TEST(a_session_whose_parent_has_died_does_not_begin),
	    TEST(it_echoes_in_the_sandbox_or_not_at_all),
	    TEST(what_follows_the_header_is_echoed),
	    TEST(a_header_that_names_nobody_is_good),
	    TEST(without_a_good_header_nothing_is_echoed),
	    TEST(a_stop_ends_a_session_without_a_header),
	};

	return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
