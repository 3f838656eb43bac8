/* SPDX-License-Identifier: ISC */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/unit.h"
#include "child/proxy.h"

/* A header and what is to be made of it: a client, NULL = nobody, or BAD. */
struct example {
	const char *what;
	const char *bytes;
	size_t length;
	const char *client;
};

#define BYTES(text) (text), sizeof(text) - 1
#define BAD         "bad"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define TCP4      "\xc0\0\2\1\xc0\0\2\2\x04\xd2\0\7"
#define V6(last)  "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0" last
#define TCP6      V6("\1") V6("\2") "\x04\xd2\0\7"
#define ZERO8     "\0\0\0\0\0\0\0\0"
#define ZERO216                                                                \
	ZERO8 ZERO8 ZERO8 ZERO8 ZERO8 ZERO8 ZERO8 ZERO8 ZERO8 ZERO8 ZERO8      \
	    ZERO8 ZERO8 ZERO8 ZERO8 ZERO8 ZERO8 ZERO8 ZERO8 ZERO8 ZERO8 ZERO8  \
		ZERO8 ZERO8 ZERO8 ZERO8 ZERO8
#define LONGEST_V6 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
#define X10        "xxxxxxxxxx"
#define X80        X10 X10 X10 X10 X10 X10 X10 X10

static const struct example v1[] = {
    {"IPv4", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1234 7\r\n"),
	"192.0.2.1:1234"},
    {"IPv6", BYTES("PROXY TCP6 2001:db8::1 2001:db8::2 1234 7\r\n"),
	"[2001:db8::1]:1234"},
    {"a mapped address",
	BYTES("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 1 7\r\n"),
	"192.0.2.1:1"},
    {"port 0", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 0 0\r\n"), "192.0.2.1:0"},
    {"port 65535", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 65535 7\r\n"),
	"192.0.2.1:65535"},
    {"the longest with addresses",
	BYTES("PROXY TCP6 " LONGEST_V6 " " LONGEST_V6 " 65535 65535\r\n"),
	"[" LONGEST_V6 "]:65535"},
    {"unknown", BYTES("PROXY UNKNOWN\r\n"), NULL},
    {"unknown with anything", BYTES("PROXY UNKNOWN a b  c\t\r\n"), NULL},
    {"106 bytes", BYTES("PROXY UNKNOWN " X80 X10 "\r\n"), NULL},
    {"107 bytes", BYTES("PROXY UNKNOWN " X80 X10 "x\r\n"), NULL},
    {"108 bytes", BYTES("PROXY UNKNOWN " X80 X10 "xx\r\n"), BAD},
    {"no end", BYTES("PROXY UNKNOWN " X80 X80), BAD},
    {"a word that begins with unknown", BYTES("PROXY UNKNOWNS\r\n"), BAD},
    {"lower case", BYTES("proxy TCP4 192.0.2.1 192.0.2.2 1 7\r\n"), BAD},
    {"another protocol", BYTES("PROXY UDP4 192.0.2.1 192.0.2.2 1 7\r\n"), BAD},
    {"a family that is not the addresses'",
	BYTES("PROXY TCP4 2001:db8::1 2001:db8::2 1 7\r\n"), BAD},
    {"the other way round", BYTES("PROXY TCP6 192.0.2.1 192.0.2.2 1 7\r\n"),
	BAD},
    {"mixed families", BYTES("PROXY TCP4 192.0.2.1 2001:db8::2 1 7\r\n"), BAD},
    {"an interface", BYTES("PROXY TCP6 fe80::1%lo fe80::2 1 7\r\n"), BAD},
    {"port 65536", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 65536 7\r\n"), BAD},
    {"a huge port",
	BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 99999999999999999999 7\r\n"),
	BAD},
    {"a negative port", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 -1 7\r\n"), BAD},
    {"a port with a leading zero",
	BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 01 7\r\n"), BAD},
    {"an address with leading zeroes",
	BYTES("PROXY TCP4 192.000.2.1 192.0.2.2 1 7\r\n"), BAD},
    {"a bad destination", BYTES("PROXY TCP4 192.0.2.1 192.0.2 1 7\r\n"), BAD},
    {"no ports", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2\r\n"), BAD},
    {"one port", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n"), BAD},
    {"a field too many", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 7 9\r\n"),
	BAD},
    {"a blank at the end", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 7 \r\n"),
	BAD},
    {"two blanks", BYTES("PROXY TCP4 192.0.2.1  192.0.2.2 1 7\r\n"), BAD},
    {"nothing", BYTES("PROXY \r\n"), BAD},
    {"a bare LF", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 7\n"), BAD},
    {"a bare CR", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 7\r "), BAD},
    {"two CR", BYTES("PROXY UNKNOWN\r\r\n"), BAD},
    {"a NUL", BYTES("PROXY UNKNOWN\0\r\n"), BAD},
    {"what a client would send", BYTES("hello\r\n"), BAD},
};

static const struct example v2[] = {
    {"IPv4", BYTES(SIGNATURE "\x21\x11\0\x0c" TCP4), "192.0.2.1:1234"},
    {"IPv6", BYTES(SIGNATURE "\x21\x21\0\x24" TCP6), "[2001:db8::1]:1234"},
    {"a mapped address",
	BYTES(SIGNATURE "\x21\x21\0\x24" ZERO8
			"\0\0\xff\xff\xc0\0\2\1" ZERO8 ZERO8 "\0\1\0\7"),
	"192.0.2.1:1"},
    {"UDP over IPv4", BYTES(SIGNATURE "\x21\x12\0\x0c" TCP4), NULL},
    {"UDP over IPv6", BYTES(SIGNATURE "\x21\x22\0\x24" TCP6), NULL},
    {"UNIX stream", BYTES(SIGNATURE "\x21\x31\0\xd8" ZERO216), NULL},
    {"UNIX datagram", BYTES(SIGNATURE "\x21\x32\0\xd8" ZERO216), NULL},
    {"unspecified", BYTES(SIGNATURE "\x21\0\0\0"), NULL},
    {"unspecified with data", BYTES(SIGNATURE "\x21\0\0\4abcd"), NULL},
    {"local", BYTES(SIGNATURE "\x20\0\0\0"), NULL},
    {"local with an address", BYTES(SIGNATURE "\x20\x11\0\x0c" TCP4), NULL},
    {"local, whose family is not looked at", BYTES(SIGNATURE "\x20\xff\0\1z"),
	NULL},
    {"TLVs after the address",
	BYTES(SIGNATURE "\x21\x11\0\x13" TCP4 "\x04\0\4abcd"),
	"192.0.2.1:1234"},
    {"version 1", BYTES(SIGNATURE "\x11"), BAD},
    {"version 3", BYTES(SIGNATURE "\x31"), BAD},
    {"command 2", BYTES(SIGNATURE "\x22"), BAD},
    {"family 4", BYTES(SIGNATURE "\x21\x41\0\x0c"), BAD},
    {"transport 3", BYTES(SIGNATURE "\x21\x13\0\x0c"), BAD},
    {"a family without a transport", BYTES(SIGNATURE "\x21\x10\0\x0c"), BAD},
    {"length 0 for IPv4", BYTES(SIGNATURE "\x21\x11\0\0"), BAD},
    {"short for IPv4", BYTES(SIGNATURE "\x21\x11\0\x0b"), BAD},
    {"short for IPv6", BYTES(SIGNATURE "\x21\x21\0\x23"), BAD},
    {"short for UNIX", BYTES(SIGNATURE "\x21\x31\0\xd7"), BAD},
    {"a broken signature", BYTES("\r\n\r\n\0\r\nQUIT\r"), BAD},
};

/* Feeds the bytes in pieces; returns the state and how many were taken. */
static enum proxy_state
feed(struct proxy_parser *parser, const char *bytes, size_t length,
    size_t piece, size_t *total)
{
	enum proxy_state state = PROXY_MORE;
	size_t taken;

	memset(parser, 0, sizeof *parser);
	for (*total = 0; *total < length && state == PROXY_MORE;
	     *total += taken) {
		size_t size = length - *total < piece ? length - *total : piece;
		state = proxy_feed(
		    parser, (const uint8_t *)bytes + *total, size, &taken);
	}
	return state;
}

static void
check(const struct example *example, size_t piece)
{
	struct proxy_parser parser;
	char name[ADDR_STRLEN];
	size_t total;
	enum proxy_state state =
	    feed(&parser, example->bytes, example->length, piece, &total);
	bool bad = example->client != NULL && strcmp(example->client, BAD) == 0;

	if (state != (bad ? PROXY_BAD : PROXY_DONE) ||
	    parser.named != (!bad && example->client != NULL))
		fail_msg("%s, in pieces of %zu: state %d, named %d",
		    example->what, piece, (int)state, (int)parser.named);
	if (parser.named)
		assert_string_equal(
		    addr_format(&parser.client, name), example->client);
	if (!bad)
		assert_int_equal(total, example->length);
}

static void
check_all(const struct example *examples, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t piece = 1; piece <= examples[i].length; piece++)
			check(&examples[i], piece);
}

static void
version_1_is_read_as_specified_however_it_is_split(void **state)
{
	(void)state;
	check_all(v1, COUNT(v1));
}

static void
version_2_is_read_as_specified_however_it_is_split(void **state)
{
	(void)state;
	check_all(v2, COUNT(v2));
}

static void
what_follows_the_header_is_not_taken(void **state)
{
	static const char header[] = "PROXY TCP4 192.0.2.1 192.0.2.2 1 7\r\n";
	static const char after[] =
	    "PROXY TCP4 192.0.2.1 192.0.2.2 1 7\r\nhi\n";
	struct proxy_parser parser;
	size_t total;

	(void)state;
	assert_int_equal(
	    feed(&parser, after, sizeof after - 1, sizeof after, &total),
	    PROXY_DONE);
	assert_int_equal(total, sizeof header - 1);
}

static void
a_prefix_of_a_header_asks_for_more(void **state)
{
	const struct example *lists[] = {v1, v2};
	const size_t counts[] = {COUNT(v1), COUNT(v2)};
	struct proxy_parser parser;
	size_t total;

	(void)state;
	for (size_t l = 0; l < COUNT(lists); l++)
		for (size_t i = 0; i < counts[l]; i++) {
			const struct example *e = &lists[l][i];
			if (e->client != NULL && strcmp(e->client, BAD) == 0)
				continue;
			for (size_t cut = 0; cut < e->length; cut++)
				assert_int_equal(feed(&parser, e->bytes, cut,
						     cut + 1, &total),
				    PROXY_MORE);
		}
}

static void
the_longest_version_2_header_is_skipped(void **state)
{
	static const char start[] = SIGNATURE "\x21\x11\xff\xff" TCP4;
	enum {
		WHOLE = PROXY_V2_FIXED + 65535
	};
	char *header = calloc(1, WHOLE);
	struct proxy_parser parser;
	size_t total;

	(void)state;
	assert_non_null(header);
	memcpy(header, start, sizeof start - 1);
	assert_int_equal(
	    feed(&parser, header, WHOLE - 1, 4096, &total), PROXY_MORE);
	assert_int_equal(
	    feed(&parser, header, WHOLE, 4096, &total), PROXY_DONE);
	assert_int_equal(total, WHOLE);
	assert_true(parser.named);
	free(header);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		version_1_is_read_as_specified_however_it_is_split),
	    cmocka_unit_test(
		version_2_is_read_as_specified_however_it_is_split),
	    cmocka_unit_test(what_follows_the_header_is_not_taken),
	    cmocka_unit_test(a_prefix_of_a_header_asks_for_more),
	    cmocka_unit_test(the_longest_version_2_header_is_skipped),
	};

	return cmocka_run_group_tests_name("proxy", tests, NULL, NULL);
}
