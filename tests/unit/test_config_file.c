/* SPDX-License-Identifier: ISC */

/* Which files are taken for a configuration: whole, regular, not too large. */

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <stdio.h>

#include "../support/config_support.h"

/* A new regular file of that size, which holds one comment. */
static const char *
make_file(size_t size)
{
	static char path[64];
	static int fd = -1;

	if (fd != -1)
		(void)close(fd);
	fd = memfd_create("echod.conf", MFD_CLOEXEC);
	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, "#", 1), 1);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return path;
}

static void
refuse(const char *path, const char *why)
{
	struct config config;
	struct config_error error;

	assert_true(config_defaults(&config, &error));
	assert_false(config_file_read(&config, path, false, &error));
	assert_string_equal(error.text + strlen(path), why);
	assert_int_equal(error.status,
	    strstr(why, "changed") == NULL ? EXIT_CONFIG : EXIT_FAILURE);
	config_free(&config);
}

static void
accept_empty(const char *path)
{
	struct config config;
	struct config_error error;

	assert_true(config_defaults(&config, &error));
	assert_true(config_file_read(&config, path, false, &error));
	config_free(&config);
}

static void
what_is_no_regular_file_is_refused_at_once(void **state)
{
	char path[] = "/tmp/echod-fifo-XXXXXX";

	(void)state;
	refuse("/", ": Is a directory");
	refuse("/dev/zero", ": not a regular file");
	assert_int_not_equal(close(mkstemp(path)), -1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	(void)alarm(60);
	refuse(path, ": not a regular file");
	(void)alarm(0);
	assert_int_equal(unlink(path), 0);
}

static void
the_null_device_is_an_empty_file(void **state)
{
	(void)state;
	accept_empty("/dev/null");
}

static void
a_file_has_at_most_sixteen_mebibytes(void **state)
{
	(void)state;
	accept_empty(make_file(CONFIG_FILE_MAX));
	refuse(make_file(CONFIG_FILE_MAX + 1), ": larger than 16 MiB");
}

/* A kernel's file says that it has no bytes and then gives some. */
static void
a_file_that_is_longer_than_it_says_is_refused(void **state)
{
	(void)state;
	refuse("/proc/self/status", ": changed while it was read");
}

static void
a_file_that_finds_no_memory_is_refused(void **state)
{
	const struct rlimit none = {0, 0};
	const char *path = make_file(CONFIG_FILE_MAX);
	struct config config;
	struct config_error error;
	int status;
	pid_t pid;

	(void)state;
#ifdef INSTRUMENTED
	skip(); /* a sanitizer ends the program instead */
#endif
	assert_true(config_defaults(&config, &error));
	if ((pid = fork()) == 0) {
		if (setrlimit(RLIMIT_AS, &none) == -1 ||
		    config_file_read(&config, path, false, &error))
			_exit(1);
		_exit(strstr(error.text, strerror(ENOMEM)) == NULL ||
			      error.status != EXIT_FAILURE
			  ? 2
			  : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	config_free(&config);
}

static void
only_an_optional_file_may_be_missing(void **state)
{
	struct config config;
	struct config_error error;

	(void)state;
	refuse("/no/such/file", ": No such file or directory");
	refuse("/dev/null/file", ": Not a directory");
	assert_true(config_defaults(&config, &error));
	assert_true(config_file_read(&config, "/no/such/file", true, &error));
	assert_false(config_file_read(&config, "/dev/null/file", true, &error));
	config_free(&config);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_no_regular_file_is_refused_at_once),
	    cmocka_unit_test(the_null_device_is_an_empty_file),
	    cmocka_unit_test(a_file_has_at_most_sixteen_mebibytes),
	    cmocka_unit_test(a_file_that_is_longer_than_it_says_is_refused),
	    cmocka_unit_test(a_file_that_finds_no_memory_is_refused),
	    cmocka_unit_test(only_an_optional_file_may_be_missing),
	};

	return cmocka_run_group_tests_name("config file", tests, NULL, NULL);
}
