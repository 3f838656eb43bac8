/* SPDX-License-Identifier: ISC */

#include <stdbool.h>

#include "../support/unit.h"
#include "common/clock.h"
#include "parent/sessions/admission.h"

enum {
	LIST_MAX = 8
};

/* The lists end with NULL; an instant to begin with that is not 0. */
struct rules {
	const char *allow[LIST_MAX];
	const char *deny[LIST_MAX];
};

#define NOW (1000 * SEC)

static struct prefix_list
make_list(const char *const texts[LIST_MAX], struct prefix items[LIST_MAX])
{
	struct prefix_list list = {.items = items};

	while (texts[list.count] != NULL) {
		assert_null(
		    prefix_parse(texts[list.count], &items[list.count]));
		list.count++;
	}
	return list;
}

static struct addr
host(const char *text)
{
	struct addr addr;

	assert_null(addr_parse_host(text, &addr));
	return addr;
}

/* With what config_load() makes of the lists. */
static enum verdict
decide(struct config *config, const struct addr *peer, struct account account,
    int64_t now)
{
	assert_true(config_complete(config));
	enum verdict verdict = admission_check(config, peer, account, now);
	access_list_free(&config->clients);
	access_list_free(&config->proxies);
	return verdict;
}

static enum verdict
check_rules(const struct rules *rules, const char *peer)
{
	struct prefix allow[LIST_MAX], deny[LIST_MAX];
	struct config config = {
	    .allow = make_list(rules->allow, allow),
	    .deny = make_list(rules->deny, deny),
	};
	struct addr addr = host(peer);

	return decide(&config, &addr, (struct account){0}, NOW);
}

/* ---- allow and deny ------------------------------------------------------ */

static const struct {
	struct rules rules;
	const char *peer;
	enum verdict verdict;
} cases[] = {
    /* no list: all */
    {{{0}, {0}}, "192.0.2.1", ADMITTED},
    {{{0}, {0}}, "2001:db8::1", ADMITTED},

    /* deny alone: all others */
    {{{0}, {"192.0.2.0/24"}}, "192.0.2.1", REFUSED_DENIED},
    {{{0}, {"192.0.2.0/24"}}, "192.0.3.1", ADMITTED},
    {{{0}, {"192.0.2.0/24"}}, "2001:db8::1", ADMITTED},
    {{{0}, {"0.0.0.0/0"}}, "2001:db8::1", ADMITTED},
    {{{0}, {"0.0.0.0/0", "::/0"}}, "192.0.2.1", REFUSED_DENIED},
    {{{0}, {"0.0.0.0/0", "::/0"}}, "::1", REFUSED_DENIED},

    /* allow alone: nobody else */
    {{{"192.0.2.0/24"}, {0}}, "192.0.2.255", ADMITTED},
    {{{"192.0.2.0/24"}, {0}}, "192.0.3.0", REFUSED_DENIED},
    {{{"192.0.2.0/24"}, {0}}, "::1", REFUSED_DENIED},
    {{{"0.0.0.0/0"}, {0}}, "::1", REFUSED_DENIED},
    {{{"10.0.0.0/8", "::1"}, {0}}, "::1", ADMITTED},

    /* both, and in neither */
    {{{"192.0.2.0/24"}, {"10.0.0.0/8"}}, "172.16.0.1", REFUSED_DENIED},

    /* the most specific wins, wherever it stands */
    {{{"10.0.0.0/8"}, {"10.1.0.0/16"}}, "10.2.0.1", ADMITTED},
    {{{"10.0.0.0/8"}, {"10.1.0.0/16"}}, "10.1.0.1", REFUSED_DENIED},
    {{{"10.1.2.0/24", "10.0.0.0/8"}, {"10.1.0.0/16"}}, "10.1.2.3", ADMITTED},
    {{{"10.0.0.0/8", "10.1.2.0/24"}, {"10.1.0.0/16"}}, "10.1.2.3", ADMITTED},
    {{{"10.1.2.0/24"}, {"10.1.2.3", "10.0.0.0/8"}}, "10.1.2.3", REFUSED_DENIED},
    {{{"10.1.2.0/24"}, {"10.1.2.3", "10.0.0.0/8"}}, "10.1.2.4", ADMITTED},
    {{{"0.0.0.0/0"}, {"10.0.0.0/8"}}, "10.0.0.1", REFUSED_DENIED},
    {{{"10.0.0.0/8"}, {"0.0.0.0/0"}}, "10.0.0.1", ADMITTED},
    {{{"2001:db8:1::/48"}, {"2001:db8::/32"}}, "2001:db8:1::1", ADMITTED},
    {{{"2001:db8:1::/48"}, {"2001:db8::/32"}}, "2001:db8:2::1", REFUSED_DENIED},

    /* of two that are equal, the refusal */
    {{{"10.0.0.0/8"}, {"10.0.0.0/8"}}, "10.0.0.1", REFUSED_DENIED},
    {{{"0.0.0.0/0"}, {"0.0.0.0/0"}}, "10.0.0.1", REFUSED_DENIED},
    {{{"::1"}, {"::1"}}, "::1", REFUSED_DENIED},

    /* a mapped address is the IPv4 address, in the list and outside it */
    {{{0}, {"192.0.2.0/24"}}, "::ffff:192.0.2.1", REFUSED_DENIED},
    {{{0}, {"::ffff:192.0.2.0/120"}}, "192.0.2.1", REFUSED_DENIED},
    {{{0}, {"::/0"}}, "::ffff:192.0.2.1", ADMITTED},
};

static void
the_most_specific_match_wins(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (check_rules(&cases[i].rules, cases[i].peer) !=
		    cases[i].verdict)
			fail_msg("case %zu, %s", i, cases[i].peer);
}

/* ---- caps ---------------------------------------------------------------- */

static const struct addr anybody = {.family = AF_INET};

static void
a_source_has_max_per_source_sessions_and_no_more(void **state)
{
	static const struct {
		int64_t cap;
		uint32_t sessions;
		enum verdict verdict;
	} caps[] = {
	    {1, 0, ADMITTED}, {1, 1, REFUSED_SESSIONS}, {64, 63, ADMITTED},
	    {64, 64, REFUSED_SESSIONS},
	    {64, 65, REFUSED_SESSIONS}, /* after a reload */
	    {64, UINT32_MAX, REFUSED_SESSIONS},
	    {0, UINT32_MAX, ADMITTED}, /* no limit */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(caps); i++) {
		struct config config = {.max_per_source = caps[i].cap};
		struct account account = {.sessions = caps[i].sessions};

		assert_int_equal(
		    decide(&config, &anybody, account, NOW), caps[i].verdict);
	}
}

static void
a_denied_client_is_refused_as_denied_whatever_else_holds(void **state)
{
	struct prefix all = prefix_of(&anybody, 0);
	struct config config = {.deny = {&all, 1, 1},
	    .max_per_source = 1,
	    .rate_per_source = {1, 1},
	    .proxy_protocol = PROXY_REQUIRED};
	struct account account = {1, INT64_MAX / 2};

	(void)state;
	assert_int_equal(
	    decide(&config, &anybody, account, NOW), REFUSED_DENIED);
}

/* ---- proxies ------------------------------------------------------------- */

static void
only_proxies_that_are_named_may_come_and_without_limit(void **state)
{
	struct addr proxy = host("192.0.2.1");
	struct prefix from = prefix_of(&proxy, 32);
	struct config config = {.max_per_source = 1,
	    .rate_per_source = {1, 1},
	    .proxy_protocol = PROXY_REQUIRED};
	struct account account = {1000, NOW + 1000 * SEC};

	(void)state;
	assert_int_equal(decide(&config, &proxy, account, NOW),
	    REFUSED_PROXY); /* an empty list: nobody */
	config.proxy_from = (struct prefix_list){&from, 1, 1};
	assert_int_equal(decide(&config, &proxy, account, NOW), ADMITTED);
	assert_int_equal(
	    decide(&config, &anybody, account, NOW), REFUSED_PROXY);
	config.proxy_protocol = PROXY_OFF;
	assert_int_equal(
	    decide(&config, &proxy, account, NOW), REFUSED_SESSIONS);
}

/* ---- rates --------------------------------------------------------------- */

static const struct rate rates[] = {{1, 1}, {1, 1000}, {3, 1}, {3, 7}, {7, 3},
    {100, 200}, {999, 1}, {1000000, 1}, {1000000, 1000}, {600001, 17}};

/* Tries once; returns whether it was admitted, and charges for it then. */
static bool
attempt(const struct rate *rate, int64_t *rate_clear, int64_t now)
{
	struct config config = {.rate_per_source = *rate};
	struct account account = {.rate_clear = *rate_clear};
	enum verdict verdict = decide(&config, &anybody, account, now);

	if (verdict == ADMITTED)
		*rate_clear = admission_charge(rate, *rate_clear, now);
	else
		assert_int_equal(verdict, REFUSED_RATE);
	return verdict == ADMITTED;
}

static uint32_t
attempt_until_refused(const struct rate *rate, int64_t *rate_clear, int64_t now)
{
	uint32_t count = 0;

	while (attempt(rate, rate_clear, now))
		count++;
	assert_false(attempt(rate, rate_clear, now));
	return count;
}

static void
a_burst_is_admitted_at_once_and_not_one_more(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rates); i++) {
		int64_t rate_clear = 0;
		assert_int_equal(
		    attempt_until_refused(&rates[i], &rate_clear, NOW),
		    rates[i].burst);
	}
}

static void
after_a_burst_one_is_admitted_every_step(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rates); i++) {
		const struct rate *rate = &rates[i];
		int64_t step = SEC / rate->per_second, now = NOW;
		int64_t rate_clear = 0;

		(void)attempt_until_refused(rate, &rate_clear, now);
		for (int n = 0; n < 100; n++) {
			assert_false(
			    attempt(rate, &rate_clear, now + step - 1));
			now += step;
			assert_true(attempt(rate, &rate_clear, now));
			assert_false(attempt(rate, &rate_clear, now));
		}
	}
}

static void
a_long_rest_earns_one_burst_and_no_more(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rates); i++) {
		int64_t rate_clear = 0, now = NOW;

		for (int n = 0; n < 3; n++) {
			assert_int_equal(
			    attempt_until_refused(&rates[i], &rate_clear, now),
			    rates[i].burst);
			now += 365 * 24 * 3600 * SEC;
		}
	}
}

static void
half_a_rest_earns_half_a_burst(void **state)
{
	const struct rate rate = {100, 200};
	int64_t rate_clear = 0;

	(void)state;
	assert_int_equal(attempt_until_refused(&rate, &rate_clear, NOW), 200);
	assert_int_equal(
	    attempt_until_refused(&rate, &rate_clear, NOW + SEC), 100);
	assert_int_equal(
	    attempt_until_refused(&rate, &rate_clear, NOW + SEC + SEC / 2), 50);
}

/* Ten attempts where one is allowed, for a hundred seconds' worth. */
static void
over_time_the_rate_is_kept_to(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rates); i++) {
		const struct rate *rate = &rates[i];
		int64_t step = SEC / rate->per_second, rate_clear = 0;
		uint32_t count = 0, steps = 1000;

		for (int64_t n = 0; n < (int64_t)steps * 10; n++)
			count +=
			    attempt(rate, &rate_clear, NOW + n * step / 10);
		assert_int_equal(count, rate->burst + steps - 1 <= steps * 10
					    ? rate->burst + steps - 1
					    : steps * 10);
	}
}

static void
refused_attempts_cost_nothing(void **state)
{
	const struct rate rate = {10, 5};
	int64_t rate_clear = 0;

	(void)state;
	(void)attempt_until_refused(&rate, &rate_clear, NOW);
	int64_t before = rate_clear;
	for (int n = 0; n < 1000; n++)
		(void)attempt(&rate, &rate_clear, NOW);
	assert_int_equal(rate_clear, before);
}

static void
without_a_rate_nothing_is_counted(void **state)
{
	const struct rate none = {0, 0};

	(void)state;
	for (int n = 0; n < 1000; n++) {
		int64_t rate_clear = INT64_MAX;
		assert_true(attempt(&none, &rate_clear, NOW));
		assert_int_equal(rate_clear, INT64_MAX);
	}
}

/* A reload to a higher rate must not leave a source locked out. */
static void
an_older_rate_locks_no_source_out(void **state)
{
	const struct rate slow = {1, 1000}, fast = {100, 200};
	int64_t rate_clear = 0, now = NOW;

	(void)state;
	(void)attempt_until_refused(&slow, &rate_clear, now);
	now += 2 * SEC + SEC / 100; /* all that the new rate can take */
	assert_true(attempt_until_refused(&fast, &rate_clear, now) >= 1);
	assert_true(rate_clear <= now + 2 * SEC);
}

/* ---- reasons ------------------------------------------------------------- */

static void
every_refusal_has_a_reason(void **state)
{
	static const char *const reasons[NVERDICTS] = {
	    [ADMITTED] = NULL,
	    [REFUSED_DENIED] = "denied",
	    [REFUSED_PROXY] = "proxy-from",
	    [REFUSED_SESSIONS] = "max-per-source",
	    [REFUSED_RATE] = "rate-per-source",
	    [REFUSED_HEADER] = "proxy-header",
	};

	(void)state;
	assert_null(admission_reason(ADMITTED));
	for (int verdict = ADMITTED + 1; verdict < NVERDICTS; verdict++)
		assert_string_equal(
		    admission_reason((enum verdict)verdict), reasons[verdict]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_most_specific_match_wins),
	    cmocka_unit_test(a_source_has_max_per_source_sessions_and_no_more),
	    cmocka_unit_test(
		a_denied_client_is_refused_as_denied_whatever_else_holds),
	    cmocka_unit_test(
		only_proxies_that_are_named_may_come_and_without_limit),
	    cmocka_unit_test(a_burst_is_admitted_at_once_and_not_one_more),
	    cmocka_unit_test(after_a_burst_one_is_admitted_every_step),
	    cmocka_unit_test(a_long_rest_earns_one_burst_and_no_more),
	    cmocka_unit_test(half_a_rest_earns_half_a_burst),
	    cmocka_unit_test(over_time_the_rate_is_kept_to),
	    cmocka_unit_test(refused_attempts_cost_nothing),
	    cmocka_unit_test(without_a_rate_nothing_is_counted),
	    cmocka_unit_test(an_older_rate_locks_no_source_out),
	    cmocka_unit_test(every_refusal_has_a_reason),
	};

	return cmocka_run_group_tests_name("admission", tests, NULL, NULL);
}
