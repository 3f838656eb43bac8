/* SPDX-License-Identifier: ISC */

/* The log to standard error; the suites test that to syslog. */

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/unit.h"
#include "parent/log/log.h"

static int
setup(void **state)
{
	(void)state;
	log_start(false);
	log_open(LOG_TARGET_STDERR, LOG_FORMAT_TEXT);
	log_configure(LOG_INFO, LOG_DAEMON);
	return 0;
}

/* ---- lines --------------------------------------------------------------- */

static void
a_message_is_one_line(void **state)
{
	(void)state;
	capture_start();
	log_message(LOG_INFO, "%s %d%%", "one", 2);
	log_message(LOG_ERR, "three");
	assert_string_equal(capture_end(), "echod: one 2%\nechod: three\n");
}

static void
a_long_message_is_cut(void **state)
{
	char text[5000];

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	capture_start();
	log_message(LOG_INFO, "%s", text);
	const char *line = capture_end();
	assert_true(strlen(line) > 500 && strlen(line) < 1024);
	assert_int_equal(line[strlen(line) - 1], '\n');
	assert_false(log_is_behind());
}

static void
the_error_is_named_by_the_verbs_without_an_x(void **state)
{
	(void)state;
	capture_start();
	errno = ENOENT;
	log_err("one %d", 1);
	errno = ENOENT;
	log_errx("two");
	errno = ENOENT;
	log_warn("three");
	errno = ENOENT;
	log_warnx("four");
	assert_string_equal(capture_end(),
	    "echod: one 1: No such file or directory\nechod: two\n"
	    "echod: three: No such file or directory\nechod: four\n");
}

static void
less_important_messages_are_left_out(void **state)
{
	static const int levels[] = {
	    LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG};

	(void)state;
	for (size_t i = 0; i < COUNT(levels); i++)
		for (size_t j = 0; j < COUNT(levels); j++) {
			log_configure(levels[i], LOG_DAEMON);
			assert_int_equal(log_wants(levels[j]), j <= i);
			capture_start();
			log_message(levels[j], "message");
			assert_string_equal(
			    capture_end(), j <= i ? "echod: message\n" : "");
		}
}

static void
the_journal_is_told_the_priority(void **state)
{
	char stream[64];
	struct stat st;

	(void)state;
	capture_start();
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	(void)snprintf(stream, sizeof stream, "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
	log_start(false);
	log_open(LOG_TARGET_STDERR, LOG_FORMAT_TEXT);
	log_message(LOG_NOTICE, "ready");
	log_message(LOG_ERR, "failed");
	assert_string_equal(capture_end(), "<5>ready\n<3>failed\n");
	assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
}

static void
another_stream_is_not_the_journal(void **state)
{
	static const char *const streams[] = {"", "1", "1:1", "x:y", "8:"};

	(void)state;
	for (size_t i = 0; i < COUNT(streams); i++) {
		assert_int_equal(setenv("JOURNAL_STREAM", streams[i], 1), 0);
		capture_start();
		log_start(false);
		log_open(LOG_TARGET_STDERR, LOG_FORMAT_TEXT);
		log_message(LOG_INFO, "ready");
		assert_string_equal(capture_end(), "echod: ready\n");
	}
	assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
}

/* ---- a log that is not read ---------------------------------------------- */

/* Standard error is a pipe from here on; returns its reader's end. */
static int
stderr_to_pipe(void)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	stderr_to(fds[1]);
	(void)close(fds[1]);
	return fds[0];
}

static size_t
read_everything(int fd, char *text, size_t size)
{
	ssize_t length;

	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	length = read(fd, text, size - 1);
	text[length > 0 ? length : 0] = '\0';
	return strlen(text);
}

/* An endless wait would end by SIGALRM. */
static void
a_full_log_stalls_nobody_and_loses_with_a_count(void **state)
{
	static char text[1 << 20];
	char expected[100];
	unsigned got = 0;
	int fd = stderr_to_pipe();

	(void)state;
	(void)alarm(60);
	for (int i = 0; i < 10000; i++)
		log_message(LOG_INFO, "message");
	(void)alarm(0);
	assert_true(log_is_behind());
	assert_false(log_flush());
	assert_true(read_everything(fd, text, sizeof text) > 0);
	for (char *line = text; (line = strchr(line, '\n')) != NULL; line++)
		got++;
	log_message(LOG_INFO, "after");
	assert_false(log_is_behind());
	(void)read_everything(fd, text, sizeof text);
	(void)snprintf(expected, sizeof expected,
	    "echod: %u messages dropped, the log was not ready for them\n"
	    "echod: after\n",
	    10000 - got);
	assert_string_equal(text, expected);
	stderr_restore();
	(void)close(fd);
}

static void
the_count_is_told_without_another_message(void **state)
{
	static char text[1 << 20];
	int fd = stderr_to_pipe();

	(void)state;
	while (!log_is_behind())
		log_message(LOG_INFO, "message");
	(void)read_everything(fd, text, sizeof text);
	assert_true(log_flush());
	assert_false(log_is_behind());
	(void)read_everything(fd, text, sizeof text);
	assert_string_equal(text,
	    "echod: 1 messages dropped, the log was not ready for them\n");
	assert_true(log_flush());
	assert_int_equal(read_everything(fd, text, sizeof text), 0);
	stderr_restore();
	(void)close(fd);
}

static void
messages_that_are_not_wanted_are_not_missed(void **state)
{
	int fd = stderr_to_pipe();

	(void)state;
	for (int i = 0; i < 10000; i++)
		log_message(LOG_DEBUG, "message");
	assert_false(log_is_behind());
	stderr_restore();
	(void)close(fd);
}

static void
a_reader_that_has_gone_is_survived(void **state)
{
	int fd = stderr_to_pipe();

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)close(fd);
	log_message(LOG_INFO, "one");
	assert_true(log_is_behind());
	stderr_restore();
	capture_start();
	log_message(LOG_INFO, "two");
	assert_string_equal(capture_end(),
	    "echod: 1 messages dropped, the log was not ready for them\n"
	    "echod: two\n");
}

/* A full disk is not to glue what comes next to a part of a line. */
static void
a_line_that_is_cut_is_ended_before_the_next(void **state)
{
	struct rlimit limit, small;

	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	small = limit;
	small.rlim_cur = 20;
	capture_start();
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	log_message(LOG_INFO, "one message");
	log_message(LOG_INFO, "another message");
	log_message(LOG_INFO, "one more");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	log_message(LOG_INFO, "the last");
	assert_string_equal(capture_end(),
	    "echod: one message\n"
	    "e\n"
	    "echod: 2 messages dropped, the log was not ready for them\n"
	    "echod: the last\n");
}

/* ---- the end ------------------------------------------------------------- */

static int heard;

static void
hear(const char *message, int error, int status)
{
	bool right = strcmp(message, "no 42: Cannot allocate memory") == 0 &&
		     error == ENOMEM && status == EXIT_FAILURE;

	if (!right || write(heard, "!", 1) != 1)
		_exit(EXIT_SUCCESS);
}

static void
a_fatal_error_is_told_and_ends_with_status_1(void **state)
{
	int fds[2], status;
	char byte = 0;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	capture_start();
	pid_t pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		heard = fds[1];
		log_on_fatal(hear);
		errno = ENOMEM;
		log_fatal("no %d", 42);
	}
	(void)close(fds[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EXIT_FAILURE);
	assert_string_equal(
	    capture_end(), "echod: no 42: Cannot allocate memory\n");
	assert_int_equal(read(fds[0], &byte, 1), 1);
	assert_int_equal(byte, '!');
	(void)close(fds[0]);
}

/* Whoever starts a daemon reads there why it does not start. */
static void
errors_are_copied_to_standard_error_until_it_is_ready(void **state)
{
	(void)state;
	log_open(LOG_TARGET_SYSLOG, LOG_FORMAT_TEXT);
	capture_start();
	log_warnx("a warning");
	log_errx("at the start");
	log_ready();
	log_errx("later");
	assert_string_equal(capture_end(), "echod: at the start\n");
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_message_is_one_line),
	    TEST(a_long_message_is_cut),
	    TEST(the_error_is_named_by_the_verbs_without_an_x),
	    TEST(less_important_messages_are_left_out),
	    TEST(the_journal_is_told_the_priority),
	    TEST(another_stream_is_not_the_journal),
	    TEST(a_full_log_stalls_nobody_and_loses_with_a_count),
	    TEST(the_count_is_told_without_another_message),
	    TEST(messages_that_are_not_wanted_are_not_missed),
	    TEST(a_reader_that_has_gone_is_survived),
	    TEST(a_line_that_is_cut_is_ended_before_the_next),
	    TEST(a_fatal_error_is_told_and_ends_with_status_1),
	    TEST(errors_are_copied_to_standard_error_until_it_is_ready),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
