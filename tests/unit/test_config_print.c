/* SPDX-License-Identifier: ISC */

/* Settings printed, and compared at a reload. */

#include <syslog.h>

#include "../support/config_support.h"
#include "common/clock.h"
#include "parent/log/log.h"

static const char everything[] = "listen = 127.0.0.1:7007\n"
				 "listen = [::1]:7007\n"
				 "user = echo\n"
				 "pidfile = /a\\#b\\\\c d\n"
				 "backlog = 1\n"
				 "reuse-port = yes\n"
				 "max-children = 2\n"
				 "max-per-source = 3\n"
				 "rate-per-source = 4/s burst 5\n"
				 "source-prefix-v4 = 6\n"
				 "source-prefix-v6 = 7\n"
				 "allow = 192.0.2.0/24\n"
				 "allow = ::1\n"
				 "deny = 0.0.0.0/0\n"
				 "deny = ::/0\n"
				 "idle-timeout = 8ms\n"
				 "write-timeout = 9s\n"
				 "send-buffer = 12k\n"
				 "max-lifetime = 10m\n"
				 "drain-timeout = 11h\n"
				 "sandbox = off\n"
				 "log-level = debug\n"
				 "log-facility = local3\n"
				 "log-target = stderr\n"
				 "log-format = json\n"
				 "log-clients = none\n"
				 "metrics-file = /run/echod/echod.prom\n"
				 "metrics-interval = 90s\n"
				 "proxy-protocol = required\n"
				 "proxy-from = 10.0.0.0/8\n"
				 "proxy-from = 2001:db8::/32\n";

static void
what_is_printed_reads_back_the_same(void **state)
{
	struct config config;

	(void)state;
	read_good(&config, everything);
	char *text = print(&config);
	assert_string_equal(text, everything);
	free(text);
	config_free(&config);
}

static void
values_have_their_units(void **state)
{
	struct config config;

	(void)state;
	read_good(&config, everything);
	assert_int_equal(config.idle_timeout, 8 * MSEC);
	assert_int_equal(config.write_timeout, 9 * SEC);
	assert_int_equal(config.max_lifetime, 600 * SEC);
	assert_int_equal(config.drain_timeout, 11 * 3600 * SEC);
	assert_int_equal(config.rate_per_source.per_second, 4);
	assert_int_equal(config.rate_per_source.burst, 5);
	assert_int_equal(config.log_level, LOG_DEBUG);
	assert_int_equal(config.log_facility, LOG_LOCAL3);
	assert_int_equal(config.log_target, LOG_TARGET_STDERR);
	assert_int_equal(config.proxy_protocol, PROXY_REQUIRED);
	assert_false(config.sandbox);
	config_free(&config);
}

static char changes[200];

static void
note_change(const char *key)
{
	(void)strcat(changes, key);
	(void)strcat(changes, " ");
}

static void
what_needs_a_restart_is_told_and_stays(void **state)
{
	struct config before, after;

	(void)state;
	read_good(&before, "");
	read_good(&after, everything);
	changes[0] = '\0';
	config_keep_fixed(&before, &after, note_change);
	assert_string_equal(changes,
	    "listen user pidfile reuse-port sandbox log-target log-format "
	    "metrics-file ");
	assert_string_equal(after.user, "echod");
	assert_true(after.sandbox);
	assert_int_not_equal(after.backlog, before.backlog);
	config_free(&before);
	config_free(&after);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_printed_reads_back_the_same),
	    cmocka_unit_test(values_have_their_units),
	    cmocka_unit_test(what_needs_a_restart_is_told_and_stays),
	};

	return cmocka_run_group_tests_name(
	    "telling the configuration", tests, NULL, NULL);
}
