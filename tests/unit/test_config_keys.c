/* SPDX-License-Identifier: ISC */

/* Every key of echod.conf(5): its default, and which values it takes. */

#include "../support/config_support.h"

static const char defaults[] = "listen = *:7\n"
			       "user = echod\n"
			       "pidfile = auto\n"
			       "backlog = 4096\n"
			       "reuse-port = no\n"
			       "max-children = 4096\n"
			       "max-per-source = 64\n"
			       "rate-per-source = 100/s burst 200\n"
			       "source-prefix-v4 = 32\n"
			       "source-prefix-v6 = 64\n"
			       "# allow =\n"
			       "# deny =\n"
			       "idle-timeout = 5m\n"
			       "write-timeout = 30s\n"
			       "send-buffer = 128k\n"
			       "max-lifetime = 0\n"
			       "drain-timeout = 8s\n"
			       "sandbox = on\n"
			       "log-level = info\n"
			       "log-facility = daemon\n"
			       "log-target = auto\n"
			       "log-format = text\n"
			       "log-clients = full\n"
			       "metrics-file = none\n"
			       "metrics-interval = 10s\n"
			       "proxy-protocol = off\n"
			       "# proxy-from =\n";

static void
the_defaults_are_as_documented(void **state)
{
	struct config config;

	(void)state;
	read_good(&config, "");
	char *text = print(&config);
	assert_string_equal(text, defaults);
	free(text);
	config_free(&config);
}

/* The line as it is written, and as it is printed. */
static const struct {
	const char *line;
	const char *printed;
} good_lines[] = {
    {"listen = 7007", "listen = *:7007\n"},
    {"listen = 0", "listen = *:0\n"},
    {"listen = *:65535", "listen = *:65535\n"},
    {"listen = [::1]:7", "listen = [::1]:7\n"},
    {"listen = [::ffff:127.0.0.1]:7", "listen = 127.0.0.1:7\n"},
    {"user = echo", "user = echo\n"},
    {"user = 65534", "user = 65534\n"},
    {"user = 1:4294967294", "user = 1:4294967294\n"},
    {"user = a b", "user = a b\n"},
    {"pidfile = /run/echod.pid", "pidfile = /run/echod.pid\n"},
    {"pidfile = none", "pidfile = none\n"},
    {"pidfile = auto", "pidfile = auto\n"},
    {"pidfile = /a\\#b\\\\c", "pidfile = /a\\#b\\\\c\n"},
    {"backlog = 1", "backlog = 1\n"},
    {"backlog = 2147483647", "backlog = 2147483647\n"},
    {"backlog = 0000128", "backlog = 128\n"},
    {"max-children = 1", "max-children = 1\n"},
    {"max-children = 262144", "max-children = 262144\n"},
    {"max-per-source = 0", "max-per-source = 0\n"},
    {"max-per-source = 262144", "max-per-source = 262144\n"},
    {"rate-per-source = 0", "rate-per-source = 0\n"},
    {"rate-per-source = 1/s burst 1", "rate-per-source = 1/s burst 1\n"},
    {"rate-per-source = 1000000/s burst 1000000",
	"rate-per-source = 1000000/s burst 1000000\n"},
    {"source-prefix-v4 = 0", "source-prefix-v4 = 0\n"},
    {"source-prefix-v4 = 24", "source-prefix-v4 = 24\n"},
    {"source-prefix-v6 = 0", "source-prefix-v6 = 0\n"},
    {"source-prefix-v6 = 128", "source-prefix-v6 = 128\n"},
    {"allow = 192.0.2.0/24", "allow = 192.0.2.0/24\n"},
    {"allow = ::ffff:192.0.2.0/120", "allow = 192.0.2.0/24\n"},
    {"deny = ::/0", "deny = ::/0\n"},
    {"deny = 192.0.2.1", "deny = 192.0.2.1\n"},
    {"idle-timeout = 0", "idle-timeout = 0\n"},
    {"idle-timeout = 500ms", "idle-timeout = 500ms\n"},
    {"idle-timeout = 500us", "idle-timeout = 500us\n"},
    {"idle-timeout = 1.5s", "idle-timeout = 1500ms\n"},
    {"idle-timeout = 8760h", "idle-timeout = 8760h\n"},
    {"write-timeout = 60s", "write-timeout = 1m\n"},
    {"send-buffer = 65536", "send-buffer = 64k\n"},
    {"send-buffer = 0", "send-buffer = 0\n"},
    {"send-buffer = 1G", "send-buffer = 1G\n"},
    {"write-timeout = 24h", "write-timeout = 24h\n"},
    {"max-lifetime = 8760h", "max-lifetime = 8760h\n"},
    {"drain-timeout = 0", "drain-timeout = 0\n"},
    {"drain-timeout = 24h", "drain-timeout = 24h\n"},
    {"reuse-port = yes", "reuse-port = yes\n"},
    {"sandbox = off", "sandbox = off\n"},
    {"log-level = error", "log-level = error\n"},
    {"log-level = warning", "log-level = warning\n"},
    {"log-level = notice", "log-level = notice\n"},
    {"log-level = debug", "log-level = debug\n"},
    {"log-facility = user", "log-facility = user\n"},
    {"log-facility = auth", "log-facility = auth\n"},
    {"log-facility = local0", "log-facility = local0\n"},
    {"log-facility = local7", "log-facility = local7\n"},
    {"log-target = stderr", "log-target = stderr\n"},
    {"log-target = syslog", "log-target = syslog\n"},
    {"log-target = journal", "log-target = journal\n"},
    {"log-format = json", "log-format = json\n"},
    {"log-clients = prefix", "log-clients = prefix\n"},
    {"log-clients = none", "log-clients = none\n"},
    {"metrics-file = /a b", "metrics-file = /a b\n"},
    {"metrics-interval = 1h", "metrics-interval = 1h\n"},
    {"proxy-protocol = required", "proxy-protocol = required\n"},
    {"proxy-from = 10.0.0.0/8", "proxy-from = 10.0.0.0/8\n"},
};

static void
good_values_are_taken_and_nothing_else_changes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good_lines); i++) {
		struct config config, plain;

		read_good(&config, good_lines[i].line);
		read_good(&plain, "");
		char *text = print(&config), *before = print(&plain);
		assert_text_contains(text, good_lines[i].printed);
		/* all lines but the key's own are the defaults' */
		size_t same = 0;
		while (text[same] == before[same] && text[same] != '\0')
			same++;
		const char *rest = strchr(text + same, '\n');
		assert_true(rest == NULL || strstr(before, rest) != NULL);
		free(text);
		free(before);
		config_free(&config);
		config_free(&plain);
	}
}

static const struct {
	const char *key;
	const char *value;
	const char *error; /* a part of it */
} bad_values[] = {
    {"listen", "", "the port is missing"},
    {"listen", "[::1]", "the port is missing"},
    {"listen", "70000", "the port must be 0 to 65535"},
    {"listen", "localhost:7", "not an IP address"},
    {"user", "", "empty"},
    {"user", "0:1", "must be 1 to 4294967294"},
    {"user", "1:0", "must be 1 to 4294967294"},
    {"user", "1:4294967295", "must be 1 to 4294967294"},
    {"user", "-1:1", "not a whole number"},
    {"user", "1:", "not a whole number"},
    {"user", ":", "not a whole number"},
    {"user", "1:1:1", "not a whole number"},
    {"user", "echod:echod", "not a whole number"},
    {"user", "a\tb", "control character"},
    {"user", "a\x1b[31m", "control character"},
    {"pidfile", "", "not an absolute path"},
    {"pidfile", "echod.pid", "not an absolute path"},
    {"pidfile", "./none", "not an absolute path"},
    {"pidfile", "/a\x7f", "control character"},
    {"backlog", "0", "must be 1 to 2147483647"},
    {"backlog", "2147483648", "must be 1 to 2147483647"},
    {"backlog", "-1", "not a whole number"},
    {"backlog", "+1", "not a whole number"},
    {"backlog", "1.5", "not a whole number"},
    {"backlog", "1e3", "not a whole number"},
    {"backlog", "0x10", "not a whole number"},
    {"backlog", "", "not a whole number"},
    {"backlog", "99999999999999999999", "must be 1 to 2147483647"},
    {"max-children", "0", "must be 1 to 262144"},
    {"max-children", "262145", "must be 1 to 262144"},
    {"max-children", "512 children", "not a whole number"},
    {"max-per-source", "262145", "must be 0 to 262144"},
    {"max-per-source", "none", "not a whole number"},
    {"rate-per-source", "", "not a rate"},
    {"rate-per-source", "100", "not a rate"},
    {"rate-per-source", "100/s", "not a rate"},
    {"rate-per-source", "100/s burst", "not a rate"},
    {"rate-per-source", "100/s burst ", "not a rate"},
    {"rate-per-source", "100/m burst 200", "not a rate"},
    {"rate-per-source", "100/s burst 200x", "not a rate"},
    {"rate-per-source", "100/s  burst 200", "not a rate"},
    {"rate-per-source", "-1/s burst 1", "not a rate"},
    {"rate-per-source", "00", "must be 1 to 1000000"},
    {"rate-per-source", "0/s burst 1", "must be 1 to 1000000"},
    {"rate-per-source", "1/s burst 0", "must be 1 to 1000000"},
    {"rate-per-source", "1000001/s burst 1", "must be 1 to 1000000"},
    {"rate-per-source", "1/s burst 1000001", "must be 1 to 1000000"},
    {"rate-per-source", "99999999/s burst 1", "must be 1 to 1000000"},
    {"source-prefix-v4", "33", "must be 0 to 32"},
    {"source-prefix-v6", "129", "must be 0 to 128"},
    {"source-prefix-v6", "/64", "not a whole number"},
    {"allow", "", "not an IP address"},
    {"allow", "192.0.2.1/24", "bits set past"},
    {"deny", "192.0.2.0/33", "not a prefix length"},
    {"deny", "example.com", "not an IP address"},
    {"idle-timeout", "5", "needs a unit"},
    {"idle-timeout", "8761h", "must be 0 to 8760h"},
    {"idle-timeout", "-5s", "not a duration"},
    {"write-timeout", "25h", "must be 0 to 24h"},
    {"send-buffer", "2G", "must be 0 to 1G"},
    {"max-lifetime", "8761h", "must be 0 to 8760h"},
    {"drain-timeout", "24h1s", "needs a unit"},
    {"drain-timeout", "86401s", "must be 0 to 24h"},
    {"reuse-port", "on", "not one of"},
    {"sandbox", "yes", "not one of off, on: "},
    {"sandbox", "ON", "not one of"},
    {"sandbox", "", "not one of"},
    {"log-level", "7", "not one of"},
    {"log-level", "infox", "not one of"},
    {"log-facility", "local8", "not one of"},
    {"log-facility", "mail", "not one of"},
    {"log-target", "file", "not one of"},
    {"log-format", "xml", "not one of"},
    {"log-clients", "some", "not one of"},
    {"metrics-file", "echod.prom", "not an absolute path"},
    {"metrics-interval", "999ms", "must be 1s to 1h"},
    {"metrics-interval", "3601s", "must be 1s to 1h"},
    {"proxy-protocol", "on", "not one of"},
    {"proxy-from", "fe80::%lo/64", "no interface"},
};

static void
bad_values_are_refused_by_file_line_and_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad_values); i++) {
		struct config config;
		struct config_error error;
		char text[200], start[100];

		(void)snprintf(text, sizeof text, "# first\n%s = %s\n",
		    bad_values[i].key, bad_values[i].value);
		(void)snprintf(
		    start, sizeof start, "FILE:2: %s: ", bad_values[i].key);
		if (read_text(&config, text, &error))
			fail_msg("accepted %s = %s", bad_values[i].key,
			    bad_values[i].value);
		assert_text_contains(error.text, start);
		assert_text_contains(error.text, bad_values[i].error);
		assert_null(strpbrk(error.text, "\n\t\x1b\x7f"));
	}
}

/* A key added to the table without cases here would go untested. */
static void
every_key_has_good_and_bad_cases(void **state)
{
	(void)state;
	for (size_t k = 0; config_rows[k].name != NULL; k++) {
		const char *key = config_rows[k].name;
		size_t length = strlen(key), goods = 0, bads = 0;

		for (size_t i = 0; i < COUNT(good_lines); i++)
			goods +=
			    strncmp(good_lines[i].line, key, length) == 0 &&
			    good_lines[i].line[length] == ' ';
		for (size_t i = 0; i < COUNT(bad_values); i++)
			bads += strcmp(bad_values[i].key, key) == 0;
		if (goods == 0 || bads == 0)
			fail_msg("no cases of %s", key);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_defaults_are_as_documented),
	    cmocka_unit_test(good_values_are_taken_and_nothing_else_changes),
	    cmocka_unit_test(bad_values_are_refused_by_file_line_and_key),
	    cmocka_unit_test(every_key_has_good_and_bad_cases),
	};

	return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
