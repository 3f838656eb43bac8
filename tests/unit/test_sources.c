/* SPDX-License-Identifier: ISC */

#include <stdbool.h>
#include <stdlib.h>

#include "../support/unit.h"
#include "parent/sessions/sources.h"
#include "parent/settings/config.h"

enum {
	MANY = CONFIG_MAX_CHILDREN + 2 * SOURCES_IDLE_MAX,
	SLOTS = CONFIG_MAX_CHILDREN + SOURCES_IDLE_MAX + 1
};

static int
setup(void **state)
{
	static struct sources sources;

	*state = &sources;
	return sources_init(&sources) ? 0 : -1;
}

static int
teardown(void **state)
{
	struct sources *sources = *state;

	return munmap(sources->slots, SLOTS * sizeof *sources->slots);
}

static struct addr
host(const char *text)
{
	struct addr addr;

	assert_null(addr_parse_host(text, &addr));
	return addr;
}

/* The n-th of as many /64s, with n in the interface's bits as well. */
static struct addr
attacker(uint32_t n)
{
	struct addr addr = {.family = AF_INET6, .bytes = {0x20, 0x01}};

	for (int i = 0; i < 4; i++)
		addr.bytes[4 + i] = addr.bytes[12 + i] =
		    (uint8_t)(n >> (24 - 8 * i));
	return addr;
}

static struct source *
get(struct sources *sources, struct addr peer, int64_t now)
{
	return sources_get(sources, &peer, 32, 64, now);
}

/* Its rate allowance is used, until far in the future. */
static struct source *
charge(struct sources *sources, struct addr peer)
{
	struct source *source = get(sources, peer, 0);

	source->rate_clear = INT64_MAX;
	return source;
}

static bool
is_remembered(struct sources *sources, struct addr peer)
{
	struct source key = {.prefix = prefix_of(&peer, 64)};
	struct source *source;

	TAILQ_FOREACH(source, &sources->idle, idle)
	if (prefix_compare(&source->prefix, &key.prefix) == 0)
		return true;
	return false;
}

static void
a_source_is_a_prefix_of_the_configured_length(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned bits_v4, bits_v6;
		bool same;
	} cases[] = {
	    {"192.0.2.1", "192.0.2.1", 32, 64, true},
	    {"192.0.2.1", "192.0.2.2", 32, 64, false},
	    {"192.0.2.1", "192.0.2.2", 24, 64, true},
	    {"192.0.2.1", "192.0.3.1", 24, 64, false},
	    {"192.0.2.1", "10.0.0.1", 0, 64, true},
	    {"192.0.2.1", "::ffff:192.0.2.1", 32, 64, true},
	    {"2001:db8::1", "2001:db8::2", 32, 64, true},
	    {"2001:db8::1", "2001:db8:0:1::1", 32, 64, false},
	    {"2001:db8::1", "2001:db8::2", 32, 128, false},
	    {"2001:db8::1", "::1", 32, 0, true},
	    {"0.0.0.0", "::", 0, 0, false},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct addr a = host(cases[i].a), b = host(cases[i].b);
		struct source *source = sources_get(
		    *state, &a, cases[i].bits_v4, cases[i].bits_v6, 0);

		sources_hold(*state, source);
		assert_int_equal(cases[i].same,
		    source == sources_get(*state, &b, cases[i].bits_v4,
				  cases[i].bits_v6, 0));
		sources_drop(*state, source);
	}
}

static void
sessions_are_counted_per_source(void **state)
{
	struct sources *sources = *state;
	struct source *a = get(sources, host("192.0.2.1"), 0);

	for (uint32_t n = 1; n <= 5; n++) {
		sources_hold(sources, a);
		assert_int_equal(a->sessions, n);
		assert_ptr_equal(get(sources, host("192.0.2.1"), 0), a);
	}
	assert_int_equal(get(sources, host("192.0.2.2"), 0)->sessions, 0);
	for (uint32_t n = 5; n-- > 0;) {
		sources_drop(sources, a);
		assert_int_equal(a->sessions, n);
	}
	assert_ptr_equal(get(sources, host("192.0.2.1"), 0), a);
}

static void
many_charged_sources_stay_within_the_bound(void **state)
{
	struct sources *sources = *state;

	for (uint32_t n = 0; n < MANY; n++) {
		(void)charge(sources, attacker(n));
		assert_true(sources->nidle <= SOURCES_IDLE_MAX);
	}
	assert_int_equal(sources->nidle, SOURCES_IDLE_MAX);
	assert_true(sources->used <= SOURCES_IDLE_MAX);
}

static void
many_sources_with_nothing_to_remember_leave_nothing(void **state)
{
	struct sources *sources = *state;

	for (uint32_t n = 0; n < MANY; n++)
		(void)get(sources, attacker(n), n);
	assert_true(sources->nidle <= 2);
	assert_true(sources->used <= 2);
}

static void
memory_is_given_back_two_for_one_when_allowances_are_whole(void **state)
{
	struct sources *sources = *state;

	for (uint32_t n = 0; n < 1000; n++)
		get(sources, attacker(n), 0)->rate_clear = 10;
	assert_int_equal(sources->nidle, 1000);
	for (uint32_t n = 0; n < 1000; n++)
		get(sources, attacker(MANY + n), 10)->rate_clear = 20;
	assert_int_equal(sources->nidle, 1000);
	for (uint32_t n = 0; n < 998; n++)
		(void)get(sources, attacker(2 * MANY + n), 20);
	assert_int_equal(sources->nidle, 2);
	assert_int_equal(sources->used, 1000);
}

static void
the_least_recently_seen_is_forgotten_first(void **state)
{
	struct sources *sources = *state;

	for (uint32_t n = 0; n < SOURCES_IDLE_MAX; n++)
		(void)charge(sources, attacker(n));
	(void)get(sources, attacker(0), 0); /* seen again */
	(void)charge(sources, attacker(MANY));
	assert_true(is_remembered(sources, attacker(0)));
	assert_false(is_remembered(sources, attacker(1)));
	assert_true(is_remembered(sources, attacker(2)));
	assert_true(is_remembered(sources, attacker(MANY)));
	assert_int_equal(get(sources, attacker(0), 0)->rate_clear, INT64_MAX);
	assert_int_equal(get(sources, attacker(1), 0)->rate_clear, 0);
}

static void
a_charged_source_is_not_forgotten_while_there_is_room(void **state)
{
	struct sources *sources = *state;

	(void)charge(sources, host("192.0.2.1"));
	for (uint32_t n = 0; n < SOURCES_IDLE_MAX - 1; n++)
		(void)get(sources, attacker(n), 0);
	assert_int_equal(
	    get(sources, host("192.0.2.1"), 0)->rate_clear, INT64_MAX);
}

static void
a_source_with_sessions_is_never_forgotten(void **state)
{
	struct sources *sources = *state;
	struct source *held = charge(sources, host("192.0.2.1"));

	sources_hold(sources, held);
	for (uint32_t n = 0; n < MANY; n++)
		(void)charge(sources, attacker(n));
	assert_ptr_equal(get(sources, host("192.0.2.1"), 0), held);
	assert_int_equal(held->sessions, 1);
	assert_int_equal(held->rate_clear, INT64_MAX);
}

static void
what_was_looked_up_stays_until_the_next_look(void **state)
{
	struct sources *sources = *state;

	for (uint32_t n = 0; n < 2 * SOURCES_IDLE_MAX; n++) {
		struct source *source = charge(sources, attacker(n));
		struct addr addr = attacker(n);
		struct prefix prefix = prefix_of(&addr, 64);

		assert_int_equal(prefix_compare(&source->prefix, &prefix), 0);
	}
}

/* Every session from a source of its own, in the middle of an attack. */
static void
sessions_and_an_attack_together_fit_the_table(void **state)
{
	struct sources *sources = *state;
	uint32_t n = 0;

	for (; n < CONFIG_MAX_CHILDREN; n++)
		sources_hold(sources, charge(sources, attacker(n)));
	for (; n < MANY; n++)
		(void)charge(sources, attacker(n));
	assert_int_equal(sources->nidle, SOURCES_IDLE_MAX);
	assert_true(sources->used < SLOTS);
	for (uint32_t i = 0; i < CONFIG_MAX_CHILDREN; i++)
		sources_drop(sources, get(sources, attacker(i), 0));
	for (; n < 2 * MANY; n++)
		(void)charge(sources, attacker(n));
	assert_int_equal(sources->nidle, SOURCES_IDLE_MAX);
	assert_true(sources->used < SLOTS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_source_is_a_prefix_of_the_configured_length),
	    TEST(sessions_are_counted_per_source),
	    TEST(many_charged_sources_stay_within_the_bound),
	    TEST(many_sources_with_nothing_to_remember_leave_nothing),
	    TEST(memory_is_given_back_two_for_one_when_allowances_are_whole),
	    TEST(the_least_recently_seen_is_forgotten_first),
	    TEST(a_charged_source_is_not_forgotten_while_there_is_room),
	    TEST(a_source_with_sessions_is_never_forgotten),
	    TEST(what_was_looked_up_stays_until_the_next_look),
	    TEST(sessions_and_an_attack_together_fit_the_table),
	};

	return cmocka_run_group_tests_name("sources", tests, NULL, NULL);
}
