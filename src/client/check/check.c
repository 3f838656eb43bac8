/* SPDX-License-Identifier: ISC */

/*
 * echoc check: tests whether a server is a correct echo service.  Runs the
 * named cases and prints TAP, the Test Anything Protocol.
 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/check/cases.h"
#include "client/interrupts.h"
#include "client/output.h"

enum {
	CASES_MAX = 32
};

static bool
is_chosen(const struct check_case *this, const struct options *options)
{
	if (options->only != NULL)
		return strcmp(options->only, this->name) == 0;
	return options->strict || !this->strict;
}

static unsigned
count_chosen(const struct options *options)
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
run_cases(struct check *check, const struct options *options)
{
	struct results *results = check->results;

	output_line("TAP version 13\n1..%u\n", count_chosen(options));
	/* connect once first: without a server every case would time out */
	int fd = output_connect(check->target);
	if (fd == -1)
		return interrupts_stop() ? STATUS_ERROR : STATUS_BAD;
	(void)close(fd);
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
check_run(struct results *results, char **operands)
{
	static struct case_result cases[CASES_MAX];
	const struct options *options = &results->asked;
	struct target target;
	struct check check = {.target = &target, .results = results};

	if (options->list)
		return list_cases();
	if (count_chosen(options) == 0)
		options_fail(
		    "--case=%s: no such case (see --list)", options->only);
	target_open(&target, options, operands);
	results->cases = cases;
	output_open(results, &target);
	target_resolve(&target);
	interrupts_init();
	int64_t began = clock_now();
	int status = run_cases(&check, options);
	results->elapsed = clock_now() - began;
	return output_end(status);
}
