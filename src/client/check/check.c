/* SPDX-License-Identifier: ISC */

/*
 * echoc check: is this a correct echo service?  Runs the named cases and
 * prints TAP, the Test Anything Protocol.
 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bsd/string.h>

#include "client/check/cases.h"
#include "client/commands.h"
#include "client/interrupts.h"
#include "client/output.h"

enum {
	CASES_MAX = 32
};

struct check_options {
	struct target_options target; /* first: see TARGET_ROWS */
	const char *only;
	bool list, strict;
};

static const struct option_row rows[] = {
    OPTION(0, type_word, "case", "NAME", offsetof(struct check_options, only),
	0, 0, "run this case only"),
    OPTION('l', type_flag, "list", NULL, offsetof(struct check_options, list),
	0, 0, "list the cases"),
    OPTION(0, type_flag, "strict", NULL, offsetof(struct check_options, strict),
	0, 0, "run also the cases that widespread servers fail"),
    TARGET_ROWS("5s", "no text; the exit status tells"),
    {.name = NULL},
};

static const struct command command = {"check",
    "Judges whether this is a correct echo service", rows, "HOST[:PORT]"};

static bool
is_chosen(const struct check_case *this, const struct check_options *options)
{
	if (options->only != NULL)
		return strcmp(options->only, this->name) == 0;
	return options->strict || !this->strict;
}

static unsigned
count_chosen(const struct check_options *options)
{
	unsigned count = 0;

	for (const struct check_case *c = check_cases; c->name != NULL; c++)
		count += is_chosen(c, options);
	return count;
}

static int
list_cases(void)
{
	for (const struct check_case *c = check_cases; c->name != NULL; c++)
		(void)printf("%-16s %s%s\n", c->name, c->promise,
		    c->strict ? " (--strict)" : "");
	return STATUS_GOOD;
}

/* Is there anybody at all?  Otherwise every case would wait to say no. */
static bool
is_reachable(struct check *check)
{
	static char text[RACE_STRLEN];
	struct race *race = &check->results->race;
	int fd = race_run(race, check->target);

	if (fd == -1) {
		check->results->error = text;
		(void)strlcpy(text, race_describe(race, text), sizeof text);
		output_line("Bail out! %s:%s: %s\n", check->target->name.host,
		    check->target->name.port, text);
		return false;
	}
	(void)close(fd);
	check->results->address = addr_format(race->winner->address, text);
	output_connected(race);
	return true;
}

static bool
run_case(struct check *check, const struct check_case *this)
{
	struct results *results = check->results;
	static char seen[CASES_MAX][CHECK_SEEN_STRLEN];
	int64_t began = clock_now();
	size_t number = (size_t)(results->passed + results->failed);
	struct case_result *result = &results->cases[number];

	check->seen = seen[number];
	bool good = this->run(check, this);
	if (interrupts_stop()) {
		output_line("Bail out! interrupted\n");
		results->error = "interrupted";
		return false;
	}
	result->name = this->name;
	result->promise = this->promise;
	result->passed = good;
	result->seen = check->seen;
	result->span = clock_now() - began;
	good ? results->passed++ : results->failed++;
	const struct event event = {.number = results->passed + results->failed,
	    .name = this->name,
	    .promise = this->promise,
	    .passed = good,
	    .seen = check->seen};
	output_event(EVENT_CASE, &event);
	return good;
}

static int
run_cases(struct check *check, const struct check_options *options)
{
	struct results *results = check->results;

	output_line("TAP version 13\n1..%u\n", count_chosen(options));
	if (!is_reachable(check))
		return interrupts_stop() ? STATUS_ERROR : STATUS_BAD;
	for (const struct check_case *c = check_cases; c->name != NULL; c++) {
		if (!is_chosen(c, options))
			continue;
		(void)run_case(check, c);
		if (interrupts_stop() || ferror(stdout))
			return STATUS_ERROR;
	}
	if (results->failed > 0)
		output_line("# %ju of %ju cases failed\n",
		    (uintmax_t)results->failed,
		    (uintmax_t)(results->failed + results->passed));
	return results->failed > 0 ? STATUS_BAD : STATUS_GOOD;
}

int
check_main(int argc, char **argv)
{
	static struct check_options options = {.target.timeout = 5 * SEC};
	static struct case_result cases[CASES_MAX];
	static struct results results = {
	    .use = USE_CHECK, .subcommand = "check", .cases = cases};
	const char *host = options_parse_host(&command, argc, argv, &options);
	struct target target;
	struct check check = {.target = &target, .results = &results};

	if (options.list)
		return list_cases();
	if (count_chosen(&options) == 0)
		options_fail(&command, "--case=%s: no such case (see --list)",
		    options.only);
	target_open(&target, &command, &options.target, host);
	results.host = target.name.host;
	output_open(&options.target, &results);
	target_resolve(&target);
	interrupts_init();
	int64_t began = clock_now();
	int status = run_cases(&check, &options);
	results.elapsed = clock_now() - began;
	return output_end(status);
}
