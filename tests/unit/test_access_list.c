/* SPDX-License-Identifier: ISC */

/* Looking up an address gives what a search of all prefixes would. */

#include <stdlib.h>

#include "../support/unit.h"
#include "parent/settings/access_list.h"

enum {
	ROUNDS = 3000,
	PREFIXES_MAX = 40,
	ADDRESSES = 64
};

/* What the manual says, in the plainest way. */
static int
longest_match(const struct prefix_list *list, const struct addr *addr)
{
	int longest = -1;

	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].length > longest &&
		    prefix_contains(&list->items[i], addr))
			longest = list->items[i].length;
	return longest;
}

static bool
search(const struct prefix_list *allow, const struct prefix_list *deny,
    const struct addr *addr, bool others)
{
	int allowed = longest_match(allow, addr);
	int denied = longest_match(deny, addr);

	return allowed == -1 && denied == -1 ? others : allowed > denied;
}

/* Few bits vary, at both ends, so that prefixes overlap and touch. */
static struct addr
random_addr(void)
{
	struct addr addr = {.family = random() % 2 ? AF_INET : AF_INET6};
	size_t last = addr.family == AF_INET ? 3 : 15;

	memset(addr.bytes, random() % 3 == 0 ? 0xff : 0, last + 1);
	addr.bytes[0] ^= (uint8_t)(random() % 4 << 6);
	addr.bytes[last] ^= (uint8_t)(random() % 8);
	return addr;
}

static struct prefix
random_prefix(void)
{
	struct addr addr = random_addr();
	unsigned bits = addr.family == AF_INET ? 32 : 128;
	unsigned cut = (unsigned)random() % 5;

	return prefix_of(&addr, random() % 2 ? cut : bits - cut);
}

static void
fill(struct prefix_list *list)
{
	long count = random() % PREFIXES_MAX;

	while (count-- > 0) {
		struct prefix prefix = random_prefix();
		assert_true(prefix_list_add(list, &prefix));
	}
}

static void
every_address_gets_the_verdict_of_the_longest_prefix(void **state)
{
	(void)state;
	srandom(11);
	for (int round = 0; round < ROUNDS; round++) {
		struct prefix_list allow = {0}, deny = {0};
		struct access_list list;
		bool others = random() % 2;

		fill(&allow);
		fill(&deny);
		assert_true(access_list_make(&list, &allow, &deny, others));
		for (int i = 0; i < ADDRESSES; i++) {
			struct addr addr = random_addr();
			assert_int_equal(access_list_allows(&list, &addr),
			    search(&allow, &deny, &addr, others));
		}
		access_list_free(&list);
		prefix_list_free(&allow);
		prefix_list_free(&deny);
	}
}

static void
every_length_can_lie_within_the_one_before(void **state)
{
	struct addr ones = {.family = AF_INET6};
	struct prefix_list lists[2] = {0};
	struct access_list list;

	(void)state;
	memset(ones.bytes, 0xff, sizeof ones.bytes);
	for (unsigned length = 0; length <= 128; length++) {
		struct prefix prefix = prefix_of(&ones, length);
		assert_true(prefix_list_add(&lists[length % 2], &prefix));
	}
	assert_true(access_list_make(&list, &lists[0], &lists[1], false));
	for (unsigned bit = 0; bit <= 128; bit++) {
		struct addr addr = ones;
		if (bit < 128) /* the first that is not as theirs */
			addr.bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		assert_int_equal(
		    access_list_allows(&list, &addr), bit % 2 == 0);
	}
	access_list_free(&list);
	prefix_list_free(&lists[0]);
	prefix_list_free(&lists[1]);
}

static void
without_prefixes_all_are_others_and_zeroed_it_refuses(void **state)
{
	const struct prefix_list none = {0};
	const struct access_list zeroed = {0};
	struct addr addr = random_addr();
	struct access_list list;

	(void)state;
	assert_false(access_list_allows(&zeroed, &addr));
	for (int others = 0; others <= 1; others++) {
		assert_true(access_list_make(&list, &none, &none, others));
		assert_int_equal(access_list_allows(&list, &addr), others);
		access_list_free(&list);
	}
}

static void
equal_verdicts_side_by_side_need_no_boundary(void **state)
{
	struct prefix_list allow = {0}, deny = {0};
	struct access_list list;
	struct prefix prefix;

	(void)state;
	assert_null(prefix_parse("10.0.0.0/9", &prefix));
	assert_true(prefix_list_add(&allow, &prefix));
	assert_null(prefix_parse("10.128.0.0/9", &prefix));
	assert_true(prefix_list_add(&allow, &prefix));
	assert_null(prefix_parse("10.1.0.0/16", &prefix));
	assert_true(prefix_list_add(&allow, &prefix));
	assert_true(access_list_make(&list, &allow, &deny, false));
	assert_int_equal(list.v4, 3); /* 0.0.0.0, 10.0.0.0, 11.0.0.0 */
	assert_int_equal(list.v6, 1);
	access_list_free(&list);
	prefix_list_free(&allow);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		every_address_gets_the_verdict_of_the_longest_prefix),
	    cmocka_unit_test(every_length_can_lie_within_the_one_before),
	    cmocka_unit_test(
		without_prefixes_all_are_others_and_zeroed_it_refuses),
	    cmocka_unit_test(equal_verdicts_side_by_side_need_no_boundary),
	};

	return cmocka_run_group_tests_name("access list", tests, NULL, NULL);
}
