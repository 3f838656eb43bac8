/* SPDX-License-Identifier: ISC */

/* The text of the metrics; tests/functional/test_metrics.py has its meaning. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <bsd/string.h>

#include "../support/unit.h"
#include "common/clock.h"
#include "parent/metrics/exposition.h"

static struct endpoints endpoints;
static struct distribution duration, bytes;

static struct figures
figures(void)
{
	return (struct figures){
	    .endpoints = &endpoints, .duration = &duration, .bytes = &bytes};
}

static int
one_listener(void **state)
{
	(void)state;
	duration = bytes = (struct distribution){0};
	assert_true(endpoints_init(&endpoints, 1000));
	assert_non_null(endpoints_get(&endpoints, "*:7"));
	return 0;
}

static int
forget(void **state)
{
	(void)state;
	free(endpoints.items);
	return 0;
}

/* What is written, until the next call. */
static const char *
written(void)
{
	static char text[4 << 20];
	const struct figures f = figures();
	int fd = memfd_create("metrics", MFD_CLOEXEC);
	ssize_t length;

	assert_int_not_equal(fd, -1);
	assert_true(exposition_write(fd, &f));
	length = pread(fd, text, sizeof text - 1, 0);
	assert_true(length > 0);
	text[length] = '\0';
	(void)close(fd);
	return text;
}

static void
numbers_are_where_they_belong(void **state)
{
	(void)state;
	endpoints.items[0].closed[REASON_IDLE] = UINT64_MAX;
	endpoints.items[0].refused[REFUSED_RATE] = 3;
	endpoints.items[0].bytes = 5;
	assert_text_contains(written(),
	    "\n# HELP echod_sessions_closed_total Sessions ended.\n"
	    "# TYPE echod_sessions_closed_total counter\n");
	assert_text_contains(written(),
	    "\nechod_sessions_closed_total{reason=\"idle\",listener=\"*:7\"} "
	    "18446744073709551615\n");
	assert_text_contains(written(),
	    "\nechod_clients_refused_total{reason=\"rate-per-source\","
	    "listener=\"*:7\"} 3\n");
	assert_text_contains(
	    written(), "\nechod_bytes_total{listener=\"*:7\"} 5\n");
}

static void
buckets_count_what_is_not_greater(void **state)
{
	struct metrics metrics = {0};

	(void)state;
	metrics_session(&metrics, 0, 0);
	metrics_session(&metrics, MSEC, 64);
	metrics_session(&metrics, MSEC + 1, 65);
	metrics_session(&metrics, 365 * 86400 * SEC, UINT64_C(1) << 40);
	duration = metrics.duration;
	bytes = metrics.bytes;
	const char *text = written();
	assert_text_contains(text, "_seconds_bucket{le=\"0.001\"} 2\n");
	assert_text_contains(text, "_seconds_bucket{le=\"0.01\"} 3\n");
	assert_text_contains(text, "_seconds_bucket{le=\"86400\"} 3\n");
	assert_text_contains(text, "_seconds_bucket{le=\"+Inf\"} 4\n");
	assert_text_contains(text, "_seconds_sum 31536000.002\n");
	assert_text_contains(text, "_seconds_count 4\n");
	assert_text_contains(text, "_bytes_bucket{le=\"0\"} 1\n");
	assert_text_contains(text, "_bytes_bucket{le=\"64\"} 2\n");
	assert_text_contains(text, "_bytes_bucket{le=\"1024\"} 3\n");
	assert_text_contains(text, "_bytes_sum 1099511627905\n");
}

static void
the_bounds_of_buckets_are_those_that_rules_are_written_for(void **state)
{
	static const char *const bounds[] = {"_seconds_bucket{le=\"0.001\"}",
	    "_seconds_bucket{le=\"0.01\"}", "_seconds_bucket{le=\"0.1\"}",
	    "_seconds_bucket{le=\"1\"}", "_seconds_bucket{le=\"10\"}",
	    "_seconds_bucket{le=\"60\"}", "_seconds_bucket{le=\"600\"}",
	    "_seconds_bucket{le=\"3600\"}", "_seconds_bucket{le=\"86400\"}",
	    "_bytes_bucket{le=\"0\"}", "_bytes_bucket{le=\"64\"}",
	    "_bytes_bucket{le=\"1024\"}", "_bytes_bucket{le=\"16384\"}",
	    "_bytes_bucket{le=\"262144\"}", "_bytes_bucket{le=\"4194304\"}",
	    "_bytes_bucket{le=\"67108864\"}",
	    "_bytes_bucket{le=\"1073741824\"}",
	    "_bytes_bucket{le=\"17179869184\"}"};
	const char *text = written();

	(void)state;
	for (size_t i = 0; i < COUNT(bounds); i++)
		assert_text_contains(text, bounds[i]);
}

static void
any_number_of_listeners_makes_whole_lines(void **state)
{
	char name[ADDR_STRLEN];
	size_t lines = 0;

	(void)state;
	for (int i = 0; i < 999; i++) {
		(void)snprintf(name, sizeof name,
		    "[fe80::ffff:ffff:ffff:ffff%%interface-%-30d]:65535", i);
		assert_non_null(endpoints_get(&endpoints, name));
	}
	const char *text = written();
	for (const char *end; *text != '#' || text[2] != 'E'; text = end + 1) {
		end = strchr(text, '\n');
		assert_non_null(end);
		lines++;
		if (*text == '#')
			continue;
		assert_int_equal(strncmp(text, "echod_", 6), 0);
		assert_true(end[-1] >= '0' && end[-1] <= '9');
		assert_true(strstr(text + 1, "echod_") > end ||
			    strncmp(end, "\n# EOF", 6) == 0);
	}
	assert_true(lines > 1000 * 17);
	assert_string_equal(text, "# EOF\n");
}

static void
names_are_quoted_and_no_more_than_a_label(void **state)
{
	(void)state;
	(void)strlcpy(endpoints.items[0].name, "[fe80::1%a\"b\\c\nd\xff]:7",
	    sizeof endpoints.items[0].name);
	assert_text_contains(written(),
	    "\nechod_sessions{listener=\"[fe80::1%a\\\"b\\\\c?d?]:7\"} 0\n");
}

static void
a_full_disk_is_an_error(void **state)
{
	const struct figures f = figures();
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_int_not_equal(fd, -1);
	assert_false(exposition_write(fd, &f));
	assert_int_equal(errno, ENOSPC);
	(void)close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, one_listener, forget)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(numbers_are_where_they_belong),
	    TEST(buckets_count_what_is_not_greater),
	    TEST(the_bounds_of_buckets_are_those_that_rules_are_written_for),
	    TEST(any_number_of_listeners_makes_whole_lines),
	    TEST(names_are_quoted_and_no_more_than_a_label),
	    TEST(a_full_disk_is_an_error),
	};

	return cmocka_run_group_tests_name("exposition", tests, NULL, NULL);
}
