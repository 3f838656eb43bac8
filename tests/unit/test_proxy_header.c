/* SPDX-License-Identifier: ISC */

#include "../support/unit.h"
#include "client/proxy_header.h"

static size_t
build(int version, const char *source, const char *destination,
    uint8_t header[PROXY_HEADER_MAX])
{
	struct addr from, to;

	assert_null(addr_parse(source, &from));
	assert_null(addr_parse(destination, &to));
	return proxy_header_build(version, &from, &to, header);
}

static const struct {
	const char *source, *destination, *line;
} lines[] = {
    {"203.0.113.9:4711", "192.0.2.1:7",
	"PROXY TCP4 203.0.113.9 192.0.2.1 4711 7\r\n"},
    {"[2001:db8::1]:65535", "[2001:db8::2]:1",
	"PROXY TCP6 2001:db8::1 2001:db8::2 65535 1\r\n"},
    {"[2001:db8::1]:9", "192.0.2.1:7",
	"PROXY TCP6 2001:db8::1 ::ffff:192.0.2.1 9 7\r\n"},
    {"192.0.2.1:7", "[2001:db8::1]:9",
	"PROXY TCP6 ::ffff:192.0.2.1 2001:db8::1 7 9\r\n"},
};

static void
version_1_is_a_line(void **state)
{
	uint8_t header[PROXY_HEADER_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		size_t n =
		    build(1, lines[i].source, lines[i].destination, header);
		assert_int_equal(n, strlen(lines[i].line));
		assert_memory_equal(header, lines[i].line, n);
	}
}

static void
the_longest_line_of_version_1_has_room(void **state)
{
	static const char longest[] =
	    "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
	    " ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n";
	static const char end[] =
	    "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535";
	uint8_t header[PROXY_HEADER_MAX];

	(void)state;
	assert_int_equal(build(1, end, end, header), sizeof longest - 1);
	assert_memory_equal(header, longest, sizeof longest - 1);
}

static void
version_2_of_ipv4_has_28_bytes(void **state)
{
	static const uint8_t wanted[28] = {'\r', '\n', '\r', '\n', 0, '\r',
	    '\n', 'Q', 'U', 'I', 'T', '\n', 0x21, 0x11, 0, 12, 203, 0, 113, 9,
	    192, 0, 2, 1, 0x12, 0x67, 0, 7};
	uint8_t header[PROXY_HEADER_MAX];

	(void)state;
	assert_int_equal(
	    build(2, "203.0.113.9:4711", "192.0.2.1:7", header), 28);
	assert_memory_equal(header, wanted, 28);
}

static void
version_2_of_ipv6_has_52_bytes(void **state)
{
	static const uint8_t wanted[40] = {0x21, 0x21, 0, 36, 0x20, 1, 0xd,
	    0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	    0, 0xff, 0xff, 192, 0, 2, 1, 0, 9, 0, 7};
	uint8_t header[PROXY_HEADER_MAX];

	(void)state;
	assert_int_equal(
	    build(2, "[2001:db8::1]:9", "192.0.2.1:7", header), 52);
	assert_memory_equal(header + 12, wanted, 40);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(version_1_is_a_line),
	    cmocka_unit_test(the_longest_line_of_version_1_has_room),
	    cmocka_unit_test(version_2_of_ipv4_has_28_bytes),
	    cmocka_unit_test(version_2_of_ipv6_has_52_bytes),
	};

	return cmocka_run_group_tests_name("proxy_header", tests, NULL, NULL);
}
