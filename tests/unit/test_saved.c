/* SPDX-License-Identifier: ISC */

#include <sys/socket.h>

#include <stdio.h>
#include <stdlib.h>

#include "../support/unit.h"
#include "parent/upgrade/saved.h"

struct thing {
	int number;
	bool flag;
	uint8_t byte;
	uint32_t word;
	uint64_t count;
	int64_t span;
	struct addr addr;
	struct prefix prefix;
	char text[8];
	int fd;
};

static const struct saved_field fields[] = {
    SAVED_RANGE("number", struct thing, number, 1, INT32_MAX),
    SAVED("flag", struct thing, flag),
    SAVED("byte", struct thing, byte),
    SAVED("word", struct thing, word),
    SAVED("count", struct thing, count),
    SAVED("span", struct thing, span),
    SAVED("addr", struct thing, addr),
    SAVED("prefix", struct thing, prefix),
    SAVED_TEXT("text", struct thing, text),
    SAVED_FD("fd", struct thing, fd),
    {0},
};
static const struct saved_kind kind = {"thing", fields};

static const char *
written(const struct thing *thing)
{
	static char text[512];
	FILE *file = fmemopen(text, sizeof text, "w");

	assert_non_null(file);
	saved_write(file, &kind, thing);
	assert_int_equal(fclose(file), 0);
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static const char *
read_thing(const char *text, struct thing *thing)
{
	char line[512];

	(void)snprintf(line, sizeof line, "%s", text);
	assert_true(saved_is(&kind, line));
	return saved_read(&kind, line, thing);
}

static void
what_is_written_is_read(void **state)
{
	struct thing thing = {
	    .number = 7,
	    .flag = true,
	    .byte = 255,
	    .word = UINT32_MAX,
	    .count = INT64_MAX,
	    .text = "a b%\x01z",
	    .fd = -1,
	};
	struct thing again = {.text = "earlier"};
	(void)state;

	assert_null(addr_parse("[fe80::1]:65535", &thing.addr));
	thing.addr.scope = 4000000000;
	assert_null(prefix_parse("192.0.2.0/24", &thing.prefix));
	assert_string_equal(written(&thing),
	    "thing number=7 flag=1 byte=255 word=4294967295 "
	    "count=9223372036854775807 "
	    "addr=fe800000000000000000000000000001/4000000000/65535 "
	    "prefix=c0000200/24 text=a%20b%25%01z fd=-1");
	assert_null(read_thing(written(&thing), &again));
	assert_memory_equal(&thing, &again, sizeof thing);
}

static void
an_address_of_no_family_is_one(void **state)
{
	struct thing thing = {.addr = {.port = 7}}, again = {0};
	(void)state;

	assert_null(read_thing("thing addr=/0/7", &again));
	assert_memory_equal(&thing.addr, &again.addr, sizeof thing.addr);
}

static void
what_is_not_there_stays_and_what_is_unknown_is_skipped(void **state)
{
	struct thing thing = {.number = 5, .byte = 6};
	(void)state;

	assert_null(read_thing("thing later=%zz byte=7", &thing));
	assert_int_equal(thing.number, 5);
	assert_int_equal(thing.byte, 7);
	assert_null(read_thing("thing", &thing));
}

static void
bad_values_are_named(void **state)
{
	static const char *const bad[][2] = {
	    {"thing number=0", "number"},
	    {"thing number=2147483648", "number"},
	    {"thing number=", "number"},
	    {"thing number=1x", "number"},
	    {"thing flag=2", "flag"},
	    {"thing byte=256", "byte"},
	    {"thing word=4294967296", "word"},
	    {"thing count=-1", "count"},
	    {"thing count=9223372036854775808", "count"},
	    {"thing addr=7f0000/0/7", "addr"},
	    {"thing addr=7f000001", "addr"},
	    {"thing addr=7f000001/0", "addr"},
	    {"thing addr=7f000001/0/65536", "addr"},
	    {"thing addr=7f000001/4294967296/1", "addr"},
	    {"thing addr=7f000001000000000000000000000000ff/0/1", "addr"},
	    {"thing addr=7G000001/0/1", "addr"},
	    {"thing prefix=7f000001/33", "prefix"},
	    {"thing prefix=7f000001", "prefix"},
	    {"thing text=12345678", "text"},
	    {"thing text=%0", "text"},
	    {"thing text=%00", "text"},
	    {"thing text=%", "text"},
	    {"thing fd=2", "fd"},
	    {"thing fd=-2", "fd"},
	    {"thing number=3 nonsense", "="},
	    {"thing  number=3", "="},
	};
	(void)state;

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct thing thing = {0};
		const char *name = read_thing(bad[i][0], &thing);
		if (name == NULL)
			fail_msg("%s is taken", bad[i][0]);
		assert_string_equal(name, bad[i][1]);
	}
}

static void
kinds_are_whole_words(void **state)
{
	(void)state;
	assert_true(saved_is(&kind, "thing a=b"));
	assert_false(saved_is(&kind, "things a=b"));
	assert_false(saved_is(&kind, "thin"));
}

static void
descriptors_are_kept_or_not(void **state)
{
	struct thing thing = {.fd = dup(STDOUT_FILENO)};
	(void)state;

	assert_true(saved_keep(&kind, &thing, false));
	assert_int_equal(fcntl(thing.fd, F_GETFD), FD_CLOEXEC);
	assert_true(saved_keep(&kind, &thing, true));
	assert_int_equal(fcntl(thing.fd, F_GETFD), 0);
	(void)close(thing.fd);
	assert_false(saved_keep(&kind, &thing, true));
	thing.fd = -1;
	assert_true(saved_keep(&kind, &thing, true));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_written_is_read),
	    cmocka_unit_test(an_address_of_no_family_is_one),
	    cmocka_unit_test(
		what_is_not_there_stays_and_what_is_unknown_is_skipped),
	    cmocka_unit_test(bad_values_are_named),
	    cmocka_unit_test(kinds_are_whole_words),
	    cmocka_unit_test(descriptors_are_kept_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
