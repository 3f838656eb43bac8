/* SPDX-License-Identifier: ISC */

/*
 * echoc compare: prints the figures of two runs, or the medians of several,
 * with the change, to judge a new version in CI.
 */

#include <err.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "client/compare/json_reader.h"
#include "client/results.h"
#include "common/clock.h"
#include "common/units.h"

enum {
	RUNS_MAX = 64,
	FILE_MAX = 1 << 20,
	SIDES = 2
};

/* A figure and its place in the JSON: path, or else or_path. */
static const struct metric {
	const char *name, *path, *or_path;
	bool is_time;
} metrics[] = {
    {"rate", "messages_per_second", NULL, false},
    {"conns", "connects_per_second", NULL, false},
    {"MB/s", "megabytes_per_second", NULL, false},
    {"loss", "loss_percent", NULL, false},
    {"errors", "lost", NULL, false},
#define LATENCY(name)                                                          \
	{                                                                      \
		name, "latency_ms.corrected." name, "latency_ms.raw." name,    \
		    true                                                       \
	}
    LATENCY("min"),
    LATENCY("avg"),
    LATENCY("p50"),
    LATENCY("p75"),
    LATENCY("p90"),
    LATENCY("p99"),
    LATENCY("p99.9"),
    LATENCY("p99.99"),
    LATENCY("max"),
};

enum {
	METRICS = sizeof metrics / sizeof *metrics
};

/* One side of the comparison. */
struct side {
	size_t runs;
	double values[METRICS][RUNS_MAX]; /* NAN = missing in this run */
	double median[METRICS], spread[METRICS];
};

static struct side sides[SIDES];

static void
note_number(void *context, const char *path, double value)
{
	struct side *side = context;

	for (size_t i = 0; i < METRICS; i++) {
		double *at = &side->values[i][side->runs];
		if (strcmp(path, metrics[i].path) == 0 ||
		    (metrics[i].or_path != NULL && isnan(*at) &&
			strcmp(path, metrics[i].or_path) == 0))
			*at = value * (double)(metrics[i].is_time ? MSEC : 1);
	}
}

static void
read_run(struct side *side, const char *path)
{
	static char text[FILE_MAX];
	FILE *in = fopen(path, "re");

	if (in == NULL)
		err(STATUS_ERROR, "%s", path);
	size_t length = fread(text, 1, sizeof text - 1, in);
	if (ferror(in))
		err(STATUS_ERROR, "%s", path);
	(void)fclose(in);
	text[length] = '\0';
	if (side->runs == RUNS_MAX)
		errx(STATUS_ERROR, "%s: more than %d files", path, RUNS_MAX);
	for (size_t i = 0; i < METRICS; i++)
		side->values[i][side->runs] = (double)NAN;
	const char *end = json_read(text, note_number, side);
	if (end == NULL || *end != '\0' || strlen(text) != length)
		errx(STATUS_ERROR, "%s: not one JSON object", path);
	side->runs++;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/*
 * Computes the medians, and half of each range in percent of it; NAN if
 * unknown.
 */
static void
summarize(struct side *side)
{
	size_t n = side->runs;

	for (size_t i = 0; i < METRICS; i++) {
		double *v = side->values[i];
		side->median[i] = (double)NAN;
		size_t known = 0;
		for (size_t j = 0; j < n; j++)
			known += isnan(v[j]) ? 0 : 1;
		if (known < n)
			continue;
		qsort(v, n, sizeof *v, by_value);
		side->median[i] = (v[(n - 1) / 2] + v[n / 2]) / 2;
		side->spread[i] = v[n - 1] > v[0]
				      ? 50 * (v[n - 1] - v[0]) / side->median[i]
				      : 0;
	}
}

/* The change in percent of the old value. */
static double
change_of(size_t i)
{
	double before = sides[0].median[i], after = sides[1].median[i];

	if (before <= 0 && after <= 0)
		return 0;
	return 100 * (after - before) / before;
}

static bool
is_known(size_t i)
{
	return !isnan(sides[0].median[i]) && !isnan(sides[1].median[i]);
}

static void
print_cell(const struct side *side, size_t i)
{
	char buf[UNITS_STRLEN];

	if (metrics[i].is_time)
		(void)units_format_span(side->median[i], buf);
	else
		(void)snprintf(buf, sizeof buf, "%.2f", side->median[i]);
	(void)printf(" %16s", buf);
	if (sides[0].runs > 1 || sides[1].runs > 1)
		(void)printf(" +-%5.1f%%", side->spread[i]);
}

static void
print_table(void)
{
	int width = sides[0].runs > 1 || sides[1].runs > 1 ? 25 : 16;
	unsigned rows_printed = 0;

	(void)printf("%-8s %*s %*s %10s\n", "", width, "before", width, "after",
	    "change");
	for (size_t i = 0; i < METRICS; i++) {
		if (!is_known(i))
			continue;
		(void)printf("%-8s", metrics[i].name);
		print_cell(&sides[0], i);
		print_cell(&sides[1], i);
		(void)printf(" %+9.1f%%\n", change_of(i));
		rows_printed++;
	}
	if (rows_printed == 0)
		errx(STATUS_ERROR, "the files have no figure in common");
}

/* Evaluates a condition such as "p99>+10%"; exits 2 on a wrong one. */
static bool
is_met(const char *text)
{
	size_t length = strcspn(text, "<>"), i = 0;
	const char *limit_text = text + length + (text[length] != '\0');
	double sign = limit_text[0] == '-' ? -1 : 1, limit;

	while (i < METRICS && (strlen(metrics[i].name) != length ||
				  strncmp(metrics[i].name, text, length) != 0))
		i++;
	if (i == METRICS)
		options_fail("--fail-if=%s: unknown metric", text);
	limit_text += limit_text[0] == '-' || limit_text[0] == '+';
	if (text[length] == '\0' || strchr(limit_text, '%') == NULL ||
	    units_parse_number(limit_text, "%", &limit) != NULL)
		options_fail(
		    "--fail-if=%s: not a change (as in p99>+10%%)", text);
	if (sides[0].runs == 0)
		return false;
	if (!is_known(i))
		errx(STATUS_ERROR, "%s: not in all files", text);
	double change = change_of(i);
	bool met =
	    text[length] == '>' ? change > sign * limit : change < sign * limit;
	if (met)
		warnx("%s: %+.1f%%", text, change);
	return met;
}

/* Evaluates all conditions; before the files are read this only checks them. */
static int
verdict(const char *conditions)
{
	int status = STATUS_GOOD;
	char *copy, *rest, *text;

	if (conditions == NULL)
		return status;
	if ((rest = copy = strdup(conditions)) == NULL)
		err(STATUS_ERROR, NULL);
	while ((text = strsep(&rest, ",")) != NULL)
		if (is_met(text + strspn(text, " ")))
			status = STATUS_BAD;
	free(copy);
	return status;
}

int
compare_run(struct results *results, char **operands)
{
	const char *conditions = results->asked.fail_if;
	int count = 0, colon = 0;

	while (operands[colon] != NULL && strcmp(operands[colon], ":") != 0)
		colon++;
	while (operands[count] != NULL)
		count++;
	if (colon == count && count != SIDES)
		options_fail("two files, or a : between several");
	if (colon == 0 || colon == count - 1)
		options_fail("files are missing beside the :");
	(void)verdict(conditions);
	for (int i = 0; i < count; i++)
		if (i != colon)
			read_run(&sides[colon < count ? i > colon : i > 0],
			    operands[i]);
	summarize(&sides[0]);
	summarize(&sides[1]);
	print_table();
	return verdict(conditions);
}
