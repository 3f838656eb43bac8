/* SPDX-License-Identifier: ISC */

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

#include <stdio.h>
#include <stdlib.h>

#include "../support/unit.h"
#include "common/addr.h"

static struct addr
host(const char *text)
{
	struct addr addr;

	assert_null(addr_parse_host(text, &addr));
	return addr;
}

/* ---- endpoints ----------------------------------------------------------- */

static const struct {
	const char *text;
	const char *formatted;
	uint8_t family;
	uint16_t port;
} endpoints[] = {
    {"7", "*:7", AF_UNSPEC, 7},
    {"0", "*:0", AF_UNSPEC, 0},
    {"65535", "*:65535", AF_UNSPEC, 65535},
    {"007", "*:7", AF_UNSPEC, 7},
    {"*:7", "*:7", AF_UNSPEC, 7},
    {"127.0.0.1:7007", "127.0.0.1:7007", AF_INET, 7007},
    {"0.0.0.0:0", "0.0.0.0:0", AF_INET, 0},
    {"255.255.255.255:65535", "255.255.255.255:65535", AF_INET, 65535},
    {"[::]:7", "[::]:7", AF_INET6, 7},
    {"[::1]:7007", "[::1]:7007", AF_INET6, 7007},
    {"[2001:DB8:0:0:0:0:0:1]:7", "[2001:db8::1]:7", AF_INET6, 7},
    {"[::ffff:192.0.2.1]:7", "192.0.2.1:7", AF_INET, 7},
    {"[::FFFF:c000:0201]:7", "192.0.2.1:7", AF_INET, 7},
    {"[0:0:0:0:0:ffff:c000:201]:7", "192.0.2.1:7", AF_INET, 7},
    {"[::192.0.2.1]:7", "[::192.0.2.1]:7", AF_INET6, 7},
    {"[fe80::1%lo]:7", "[fe80::1%lo]:7", AF_INET6, 7},
};

static void
endpoints_are_read_and_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(endpoints); i++) {
		struct addr addr, again;
		char buf[ADDR_STRLEN];

		assert_null(addr_parse(endpoints[i].text, &addr));
		assert_int_equal(addr.family, endpoints[i].family);
		assert_int_equal(addr.port, endpoints[i].port);
		assert_string_equal(
		    addr_format(&addr, buf), endpoints[i].formatted);
		assert_null(addr_parse(buf, &again));
		assert_memory_equal(&again, &addr, sizeof addr);
	}
}

static const struct {
	const char *text;
	const char *error; /* a part of it */
} bad_endpoints[] = {
    {"", "the port is missing"},
    {"*", "the port is missing"},
    {"echo", "not an IP address"},
    {"7x", "not an IP address"},
    {" 7", "not an IP address"},
    {"7 ", "not an IP address"},
    {"7\n", "not an IP address"},
    {"+7", "not an IP address"},
    {"-1", "not an IP address"},
    {"0x7", "not an IP address"},
    {"127.0.0.1", "the port is missing"},
    {"127.0.0.1:", "the port is missing"},
    {"127.0.0.1:-7", "the port is not a number"},
    {"[::1]:", "the port is missing"},
    {"65536", "the port must be 0 to 65535"},
    {"70000", "the port must be 0 to 65535"},
    {"99999999999999999999999", "the port must be 0 to 65535"},
    {"127.0.0.1:70000", "the port must be 0 to 65535"},
    {":7", "the host is missing"},
    {"7:", "not an IP address"},
    {"**:7", "not an IP address"},
    {" *:7", "not an IP address"},
    {"localhost:7", "not an IP address"},
    {"127.1:7", "not an IP address"},
    {"127.0.0.256:7", "not an IP address"},
    {"127.0.0.01:7", "not an IP address"},
    {"127.0.0.1:7:7", "needs brackets"},
    {"127.0.0.1%lo:7", "not an IP address"},
    {"[:7", "a bracket is not closed"},
    {"[::1:7", "a bracket is not closed"},
    {"::1]:7", "needs brackets"},
    {"[::1]", "the port is missing"},
    {"[::1]]:7", "junk after the bracket"},
    {"[[::1]]:7", "junk after the bracket"},
    {"[::g]:7", "not an IP address"},
    {"[::1%lo%lo]:7", "no such interface"},
    {"[fe80::1%]:7", "no such interface"},
    {"[fe80::1%nosuchinterface]:7", "no such interface"},
    {"[]:7", "the host is missing"},
    {"[127.0.0.1]:7", "brackets are for IPv6"},
    {"[*]:7", "brackets are for IPv6"},
    {"::1:7", "needs brackets"},
    {"::ffff:192.0.2.1:7", "needs brackets"},
};

static void
bad_endpoints_are_refused_with_the_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad_endpoints); i++) {
		struct addr addr = {.port = 4711}, before = addr;
		const char *error = addr_parse(bad_endpoints[i].text, &addr);

		if (error == NULL)
			fail_msg("accepted \"%s\"", bad_endpoints[i].text);
		assert_text_contains(error, bad_endpoints[i].error);
		assert_memory_equal(&addr, &before, sizeof addr);
	}
}

/* ---- hosts --------------------------------------------------------------- */

static void
hosts_are_read_without_brackets_or_port(void **state)
{
	static const char *const good[] = {
	    "0.0.0.0", "192.0.2.1", "::", "::1", "2001:db8::1", "fe80::1%lo"};
	static const char *const bad[] = {"", "*", "7", "[::1]", "192.0.2.1:7",
	    "192.0.2.1/32", "::1 ", " ::1", "1.2.3.4.5", ":::", "::1%%lo"};
	char buf[ADDR_STRLEN];
	struct addr addr;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		addr = host(good[i]);
		assert_int_equal(addr.port, 0);
		assert_string_equal(addr_format_host(&addr, buf), good[i]);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		if (addr_parse_host(bad[i], &addr) == NULL)
			fail_msg("accepted \"%s\"", bad[i]);
}

static void
an_interface_is_its_index(void **state)
{
	struct addr addr = host("fe80::1%lo");
	struct sockaddr_storage ss;
	char buf[ADDR_STRLEN];

	(void)state;
	assert_int_equal(addr.scope, if_nametoindex("lo"));
	assert_int_equal(addr_to_sockaddr(&addr, &ss),
	    (socklen_t)sizeof(struct sockaddr_in6));
	assert_true(addr_from_sockaddr(&addr, (struct sockaddr *)&ss));
	assert_string_equal(addr_format_host(&addr, buf), "fe80::1%lo");
}

static void
an_interface_that_is_gone_is_told_by_number(void **state)
{
	struct addr addr = host("fe80::1%lo");
	char buf[ADDR_STRLEN];

	(void)state;
	addr.scope = UINT32_MAX;
	assert_string_equal(addr_format_host(&addr, buf), "fe80::1%4294967295");
	assert_string_equal(addr_format(&addr, buf), "[fe80::1%4294967295]:0");
}

static void
the_longest_endpoint_fits_its_buffer(void **state)
{
	struct addr addr = {
	    .family = AF_INET6, .port = 65535, .scope = UINT32_MAX};
	char buf[ADDR_STRLEN];

	(void)state;
	memset(addr.bytes, 0xff, sizeof addr.bytes);
	assert_string_equal(addr_format(&addr, buf),
	    "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535");
}

/* ---- the kernel's form --------------------------------------------------- */

static void
kernel_addresses_survive_a_round_trip(void **state)
{
	static const char *const texts[] = {"127.0.0.1:7", "0.0.0.0:0",
	    "[::1]:65535", "[fe80::1%lo]:7", "[2001:db8::1]:1"};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct sockaddr_storage ss;
		struct addr addr, again;

		assert_null(addr_parse(texts[i], &addr));
		memset(&ss, 0xff, sizeof ss); /* nothing of it may stay */
		socklen_t length = addr_to_sockaddr(&addr, &ss);
		assert_int_not_equal(length, 0);
		for (size_t at = length; at < sizeof ss; at++)
			assert_int_equal(((const uint8_t *)&ss)[at], 0);
		if (addr.family == AF_INET6)
			assert_int_equal(
			    ((struct sockaddr_in6 *)&ss)->sin6_flowinfo, 0);
		assert_int_equal(ss.ss_family, addr.family);
		assert_true(addr_from_sockaddr(&again, (struct sockaddr *)&ss));
		assert_memory_equal(&again, &addr, sizeof addr);
	}
}

static void
a_mapped_kernel_address_is_the_ipv4_address(void **state)
{
	struct sockaddr_in6 in6 = {
	    .sin6_family = AF_INET6, .sin6_port = htons(7), .sin6_scope_id = 1};
	struct addr addr, plain;

	(void)state;
	assert_int_equal(
	    inet_pton(AF_INET6, "::ffff:192.0.2.1", &in6.sin6_addr), 1);
	assert_true(addr_from_sockaddr(&addr, (struct sockaddr *)&in6));
	assert_null(addr_parse("192.0.2.1:7", &plain));
	assert_memory_equal(&addr, &plain, sizeof addr);
}

static void
other_families_have_no_address(void **state)
{
	struct sockaddr_storage ss = {.ss_family = AF_UNIX};
	struct addr addr, any = {.family = AF_UNSPEC, .port = 7};

	(void)state;
	assert_false(addr_from_sockaddr(&addr, (struct sockaddr *)&ss));
	assert_int_equal(addr_to_sockaddr(&any, &ss), 0);
}

/* ---- prefixes ------------------------------------------------------------ */

static const struct {
	const char *text;
	const char *formatted;
} prefixes[] = {
    {"192.0.2.1", "192.0.2.1"},
    {"192.0.2.1/32", "192.0.2.1"},
    {"192.0.2.0/24", "192.0.2.0/24"},
    {"0.0.0.0/0", "0.0.0.0/0"},
    {"128.0.0.0/1", "128.0.0.0/1"},
    {"192.0.2.0/024", "192.0.2.0/24"},
    {"::/0", "::/0"},
    {"::1", "::1"},
    {"::1/128", "::1"},
    {"2001:db8::/32", "2001:db8::/32"},
    {"2001:db8::/47", "2001:db8::/47"},
    {"::ffff:192.0.2.1", "192.0.2.1"},
    {"::ffff:192.0.2.1/128", "192.0.2.1"},
    {"::ffff:192.0.2.0/120", "192.0.2.0/24"},
    {"::ffff:0:0/96", "0.0.0.0/0"},
};

static void
prefixes_are_read_and_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(prefixes); i++) {
		struct prefix prefix;
		char buf[PREFIX_STRLEN];

		assert_null(prefix_parse(prefixes[i].text, &prefix));
		assert_string_equal(
		    prefix_format(&prefix, buf), prefixes[i].formatted);
	}
}

static const struct {
	const char *text;
	const char *error; /* a part of it */
} bad_prefixes[] = {
    {"", "not an IP address"},
    {"/", "not an IP address"},
    {"/24", "not an IP address"},
    {"192.0.2/24", "not an IP address"},
    {"[::1]/128", "not an IP address"},
    {" 192.0.2.0/24", "not an IP address"},
    {"192.0.2.0 /24", "not an IP address"},
    {"fe80::1%lo", "no interface"},
    {"fe80::%lo/64", "no interface"},
    {"192.0.2.0/", "not a prefix length"},
    {"192.0.2.0/33", "not a prefix length"},
    {"192.0.2.0/-1", "not a prefix length"},
    {"192.0.2.0/+24", "not a prefix length"},
    {"192.0.2.0/ 24", "not a prefix length"},
    {"192.0.2.0/24 ", "not a prefix length"},
    {"192.0.2.0/24/24", "not a prefix length"},
    {"192.0.2.0/255.255.255.0", "not a prefix length"},
    {"192.0.2.0/4294967320", "not a prefix length"},
    {"192.0.2.0/99999999999999999999", "not a prefix length"},
    {"::/129", "not a prefix length"},
    {"::ffff:192.0.2.0/24", "not a prefix length"},
    {"::ffff:0:0/95", "not a prefix length"},
    {"::ffff:192.0.2.0/129", "not a prefix length"},
    {"192.0.2.1/31", "bits set past"},
    {"192.0.2.1/0", "bits set past"},
    {"::1/127", "bits set past"},
    {"2001:db8::1/32", "bits set past"},
    {"::ffff:192.0.2.1/120", "bits set past"},
};

static void
bad_prefixes_are_refused_with_the_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad_prefixes); i++) {
		struct prefix prefix = {.length = 47}, before = prefix;
		const char *error = prefix_parse(bad_prefixes[i].text, &prefix);

		if (error == NULL)
			fail_msg("accepted \"%s\"", bad_prefixes[i].text);
		assert_text_contains(error, bad_prefixes[i].error);
		assert_memory_equal(&prefix, &before, sizeof prefix);
	}
}

static unsigned
bits_of(const struct addr *addr)
{
	return addr->family == AF_INET ? 32 : 128;
}

static struct addr
flip(struct addr addr, unsigned bit)
{
	addr.bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
	return addr;
}

static void
check_every_length(struct addr addr)
{
	for (unsigned length = 0; length <= bits_of(&addr); length++) {
		struct prefix prefix = prefix_of(&addr, length), again;
		char buf[PREFIX_STRLEN];

		assert_int_equal(prefix.length, length);
		assert_null(prefix_parse(prefix_format(&prefix, buf), &again));
		assert_memory_equal(&again, &prefix, sizeof prefix);
		for (unsigned bit = 0; bit < bits_of(&addr); bit++) {
			struct addr other = flip(addr, bit);
			assert_int_equal(
			    prefix_contains(&prefix, &other), bit >= length);
		}
	}
}

static void
every_prefix_length_divides_where_it_says(void **state)
{
	static const char *const texts[] = {"255.255.255.255", "0.0.0.0",
	    "192.0.2.1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	    "::", "2001:db8:1234:5678:9abc:def0:1234:5678"};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		check_every_length(host(texts[i]));
}

static void
a_prefix_is_no_longer_than_its_family(void **state)
{
	struct addr v4 = host("192.0.2.1"), v6 = host("2001:db8::1");

	(void)state;
	assert_int_equal(prefix_of(&v4, 128).length, 32);
	assert_int_equal(prefix_of(&v6, 129).length, 128);
	assert_int_equal(prefix_of(&v6, UINT32_MAX).length, 128);
}

static void
families_do_not_contain_each_other(void **state)
{
	struct addr v4 = host("0.0.0.1"), v6 = host("::1");
	struct prefix all_v4 = prefix_of(&v4, 0), all_v6 = prefix_of(&v6, 0);

	(void)state;
	assert_true(prefix_contains(&all_v4, &v4));
	assert_true(prefix_contains(&all_v6, &v6));
	assert_false(prefix_contains(&all_v4, &v6));
	assert_false(prefix_contains(&all_v6, &v4));
}

static void
a_mapped_address_is_in_ipv4_prefixes_only(void **state)
{
	struct addr mapped = host("::ffff:192.0.2.1");
	struct prefix prefix;

	(void)state;
	assert_null(prefix_parse("192.0.2.0/24", &prefix));
	assert_true(prefix_contains(&prefix, &mapped));
	assert_null(prefix_parse("::/0", &prefix));
	assert_false(prefix_contains(&prefix, &mapped));
}

static void
prefixes_have_a_total_order(void **state)
{
	/* ascending: by family, then length, then bytes */
	static const char *const texts[] = {"0.0.0.0/0", "10.0.0.0/8",
	    "11.0.0.0/8", "10.0.0.0/9", "10.0.0.0", "255.255.255.255", "::/0",
	    "2001:db8::/32", "2001:db9::/32", "2001:db8::/33", "::1"};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		for (size_t j = 0; j < COUNT(texts); j++) {
			struct prefix a, b;

			assert_null(prefix_parse(texts[i], &a));
			assert_null(prefix_parse(texts[j], &b));
			int order = prefix_compare(&a, &b);
			assert_int_equal(
			    (order > 0) - (order < 0), (i > j) - (i < j));
		}
}

/* ---- hostile text -------------------------------------------------------- */

static void
refuse_everywhere(const char *text)
{
	struct prefix prefix;
	struct addr addr;

	assert_non_null(addr_parse(text, &addr));
	assert_non_null(addr_parse_host(text, &addr));
	assert_non_null(prefix_parse(text, &prefix));
}

static void
a_megabyte_of_anything_is_refused(void **state)
{
	enum {
		SIZE = 1 << 20
	};
	static const char fill[] = "a1.:[]%/*- \n\xff";
	char *text = malloc(SIZE + 1);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < sizeof fill - 1; i++) {
		memset(text, fill[i], SIZE);
		text[SIZE] = '\0';
		refuse_everywhere(text);
		memcpy(text, "[::1%", 5);
		memcpy(text + SIZE - 3, "]:7", 3);
		refuse_everywhere(text);
	}
	free(text);
}

static void
text_as_long_as_the_buffers_is_refused(void **state)
{
	char text[2 * ADDR_STRLEN + 4];

	(void)state;
	for (size_t length = 3; length <= (size_t)2 * ADDR_STRLEN; length++) {
		memset(text, 'f', length);
		(void)strcpy(text + length, ":7");
		refuse_everywhere(text);
		memset(text, ':', length);
		refuse_everywhere(text);
		memcpy(text, "::%", 3);
		refuse_everywhere(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(endpoints_are_read_and_written),
	    cmocka_unit_test(bad_endpoints_are_refused_with_the_reason),
	    cmocka_unit_test(hosts_are_read_without_brackets_or_port),
	    cmocka_unit_test(an_interface_is_its_index),
	    cmocka_unit_test(an_interface_that_is_gone_is_told_by_number),
	    cmocka_unit_test(the_longest_endpoint_fits_its_buffer),
	    cmocka_unit_test(kernel_addresses_survive_a_round_trip),
	    cmocka_unit_test(a_mapped_kernel_address_is_the_ipv4_address),
	    cmocka_unit_test(other_families_have_no_address),
	    cmocka_unit_test(prefixes_are_read_and_written),
	    cmocka_unit_test(bad_prefixes_are_refused_with_the_reason),
	    cmocka_unit_test(every_prefix_length_divides_where_it_says),
	    cmocka_unit_test(a_prefix_is_no_longer_than_its_family),
	    cmocka_unit_test(families_do_not_contain_each_other),
	    cmocka_unit_test(a_mapped_address_is_in_ipv4_prefixes_only),
	    cmocka_unit_test(prefixes_have_a_total_order),
	    cmocka_unit_test(a_megabyte_of_anything_is_refused),
	    cmocka_unit_test(text_as_long_as_the_buffers_is_refused),
	};

	return cmocka_run_group_tests_name("addr", tests, NULL, NULL);
}
