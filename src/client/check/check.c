/* SPDX-License-Identifier: ISC */

/*
 * echoc check: is this a correct echo service?  Runs the named cases and
 * prints TAP, the Test Anything Protocol.
 */

#include <err.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/check/cases.h"
#include "client/commands.h"
#include "client/interrupts.h"
#include "client/race.h"

struct check_options {
	struct target_options target; /* first: see TARGET_ROWS */
	const char *only;
	bool list, strict;
};

static const struct option_row rows[] = {
    {0, OPTION_TEXT, "case", "NAME", offsetof(struct check_options, only), 0, 0,
	"run this case only"},
    {'l', OPTION_FLAG, "list", NULL, offsetof(struct check_options, list), 0, 0,
	"list the cases"},
    {0, OPTION_FLAG, "strict", NULL, offsetof(struct check_options, strict), 0,
	0, "run also the cases that widespread servers fail"},
    TARGET_ROWS("5s"),
    {.name = NULL},
};

static const struct command command = {
    "check", "Judges whether this is a correct echo service", rows};

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
is_reachable(const struct target *target)
{
	char text[RACE_STRLEN];
	struct race race;
	int fd = race_run(&race, target);

	if (fd == -1) {
		(void)printf("Bail out! %s:%s: %s\n", target->name.host,
		    target->name.port, race_describe(&race, text));
		return false;
	}
	if (race.count > 1)
		(void)printf("# tried %s\n", race_describe(&race, text));
	(void)close(fd);
	return true;
}

static bool
run_case(struct check *check, const struct check_case *this, unsigned number)
{
	check->seen[0] = '\0';
	bool good = this->run(check, this);
	if (interrupts_stop()) {
		(void)printf("Bail out! interrupted\n");
		return false;
	}
	(void)printf("%s %u - %s: %s\n# %s\n", good ? "ok" : "not ok", number,
	    this->name, this->promise, check->seen);
	return good;
}

static int
run_cases(struct check *check, const struct check_options *options)
{
	unsigned number = 0, failed = 0;

	(void)printf("TAP version 13\n1..%u\n", count_chosen(options));
	if (!is_reachable(check->target))
		return interrupts_stop() ? STATUS_ERROR : STATUS_BAD;
	for (const struct check_case *c = check_cases; c->name != NULL; c++) {
		if (!is_chosen(c, options))
			continue;
		if (!run_case(check, c, ++number))
			failed++;
		if (interrupts_stop() || ferror(stdout))
			return STATUS_ERROR;
	}
	if (failed > 0)
		(void)printf("# %u of %u cases failed\n", failed, number);
	return failed > 0 ? STATUS_BAD : STATUS_GOOD;
}

int
check_main(int argc, char **argv)
{
	static struct check_options options = {.target.timeout = 5 * SEC};
	const char *host = options_parse(&command, argc, argv, &options);
	struct target target;
	struct check check = {.target = &target};

	if (options.list)
		return list_cases();
	if (count_chosen(&options) == 0)
		options_fail(&command, "--case=%s: no such case (see --list)",
		    options.only);
	target_open(&target, &command, &options.target, host);
	interrupts_init();
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	int status = run_cases(&check, &options);
	return status;
}
