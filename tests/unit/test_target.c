/* SPDX-License-Identifier: ISC */

#include "../support/unit.h"
#include "client/target.h"

static const struct {
	const char *text, *host, *port;
} good[] = {
    {"localhost", "localhost", "7"},
    {"localhost:7007", "localhost", "7007"},
    {"192.0.2.1:1", "192.0.2.1", "1"},
    {"[::1]", "::1", "7"},
    {"[::1]:65535", "::1", "65535"},
    {"[fe80::1%eth0]:7", "fe80::1%eth0", "7"},
    {"a:007", "a", "7"},
    {"host-with.dots_and-dashes:80", "host-with.dots_and-dashes", "80"},
};

static void
host_and_port_are_told_apart(void **state)
{
	struct target_name name;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_null(target_parse(good[i].text, &name));
		assert_string_equal(name.host, good[i].host);
		assert_string_equal(name.port, good[i].port);
	}
}

static const struct {
	const char *text, *error;
} bad[] = {
    {"", "the host is missing"},
    {":7", "the host is missing"},
    {"[]:7", "the host is missing"},
    {"::1", "an IPv6 address needs brackets: [::1]:7"},
    {"fe80::1:7", "an IPv6 address needs brackets: [::1]:7"},
    {"a:1:2", "an IPv6 address needs brackets: [::1]:7"},
    {"[::1", "a bracket is not closed"},
    {"[::1]7", "junk after the bracket"},
    {"[::1]]:7", "junk after the bracket"},
    {"[host]:7", "brackets are for IPv6 addresses"},
    {"host:", "the port is missing"},
    {"host:echo", "the port is not a number"},
    {"host:-1", "the port is not a number"},
    {"host: 7", "the port is not a number"},
    {"host:7 ", "the port is not a number"},
    {"host:0", "the port must be 1 to 65535"},
    {"host:65536", "the port must be 1 to 65535"},
    {"host:99999999999999999999", "the port must be 1 to 65535"},
    {"ho st", "not a host name"},
    {"host\n:7", "not a host name"},
    {"h[ost:7", "not a host name"},
};

static void
what_is_no_target_is_refused_with_the_reason(void **state)
{
	struct target_name name = {.host = "untouched"};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		const char *error = target_parse(bad[i].text, &name);
		assert_non_null(error);
		assert_string_equal(error, bad[i].error);
		assert_string_equal(name.host, "untouched");
	}
}

static void
a_host_of_255_bytes_is_the_longest(void **state)
{
	struct target_name name;
	char text[300];

	(void)state;
	memset(text, 'a', sizeof text);
	text[256] = '\0';
	assert_string_equal(
	    target_parse(text, &name), "the host name is too long");
	text[255] = '\0';
	assert_null(target_parse(text, &name));
	assert_string_equal(name.host, text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(host_and_port_are_told_apart),
	    cmocka_unit_test(what_is_no_target_is_refused_with_the_reason),
	    cmocka_unit_test(a_host_of_255_bytes_is_the_longest),
	};

	return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
