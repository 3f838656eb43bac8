/* SPDX-License-Identifier: ISC */

#include "common/option_table.h"

#include <getopt.h>
#include <string.h>

#include "common/quote.h"

enum {
	ROWS_MAX = 128, /* in all groups of a program */
	FIRST_ROW = 256 /* what getopt_long(3) returns for the first of them */
};

/* The arguments of getopt_long(3), and the row for each of its results. */
struct getopt_tables {
	char letters[2 * ROWS_MAX + 2];
	struct option options[ROWS_MAX + 1];
	struct place {
		const struct option_group *group;
		const struct option_row *row;
	} places[ROWS_MAX];
	int count;
};

static void
add_row(struct getopt_tables *tables, const struct option_group *group,
    const struct option_row *row)
{
	size_t end = strlen(tables->letters);
	int i = tables->count++;

	tables->places[i].group = group;
	tables->places[i].row = row;
	tables->options[i] = (struct option){
	    .name = row->name,
	    .has_arg = row->argument != NULL ? required_argument : no_argument,
	    .val = FIRST_ROW + i,
	};
	if (row->letter != 0) {
		tables->letters[end++] = row->letter;
		if (row->argument != NULL)
			tables->letters[end] = ':';
	}
}

static void
build(struct getopt_tables *tables, const struct option_group *groups,
    size_t count)
{
	*tables = (struct getopt_tables){.letters = ":"};
	for (size_t i = 0; i < count; i++)
		for (const struct option_row *row = groups[i].rows;
		     row->name != NULL && tables->count < ROWS_MAX; row++)
			add_row(tables, &groups[i], row);
}

/* The row for a result of getopt_long(3), NULL for a misuse. */
static const struct place *
find_place(const struct getopt_tables *tables, int value)
{
	for (int i = 0; i < tables->count; i++)
		if (value == FIRST_ROW + i ||
		    value == tables->places[i].row->letter)
			return &tables->places[i];
	return NULL;
}

/* Names the option as it was typed: -x within a cluster, or the whole word. */
static void
describe_misuse(int kind, char **argv, char error[OPTION_ERROR_SIZE])
{
	const char letter[] = {'-', (char)optopt, '\0'};
	bool is_letter = optopt != 0 && optopt < FIRST_ROW;
	const char *what = "unknown option";
	char quoted[QUOTE_SIZE];

	if (kind == ':')
		what = "needs an argument";
	else if (optopt >= FIRST_ROW)
		what = "takes no argument";
	(void)snprintf(error, OPTION_ERROR_SIZE, "%s: %s",
	    quote(is_letter ? letter : argv[optind - 1], quoted), what);
}

const char *
option_store(void *values, const struct option_row *row, const char *text)
{
	return row->type->parse(
	    (char *)values + row->offset, text, &row->range);
}

static bool
take(const struct option_group *group, const struct option_row *row,
    char error[OPTION_ERROR_SIZE])
{
	char quoted[QUOTE_SIZE];
	const char *errstr = (group->take != NULL ? group->take : option_store)(
	    group->values, row, optarg);

	if (errstr == NULL)
		return true;
	(void)snprintf(error, OPTION_ERROR_SIZE, "--%s%s%s: %s", row->name,
	    optarg != NULL ? "=" : "",
	    optarg != NULL ? quote(optarg, quoted) : "", errstr);
	return false;
}

bool
option_table_read(const struct option_group *groups, size_t count, int argc,
    char **argv, char error[OPTION_ERROR_SIZE])
{
	struct getopt_tables tables;
	int value;

	build(&tables, groups, count);
	optind = 0; /* restart getopt_long(3), for a second command line */
	opterr = 0;
	while ((value = getopt_long(
		    argc, argv, tables.letters, tables.options, NULL)) != -1) {
		const struct place *place = find_place(&tables, value);
		if (place == NULL)
			describe_misuse(value, argv, error);
		if (place == NULL || !take(place->group, place->row, error))
			return false;
	}
	return true;
}

const struct option_row *
option_find(const struct option_row *rows, const char *name)
{
	for (const struct option_row *row = rows; row->name != NULL; row++)
		if (strcmp(row->name, name) == 0)
			return row;
	return NULL;
}

/* ---- --help ----------------------------------------------------------------
 */

static int
width_of(const struct option_row *row)
{
	size_t argument = row->argument != NULL ? 1 + strlen(row->argument) : 0;

	return (int)(strlen("--") + strlen(row->name) + argument);
}

static int
widest_row(const struct option_group *groups, size_t count)
{
	int widest = 0;

	for (size_t i = 0; i < count; i++)
		for (const struct option_row *row = groups[i].rows;
		     row->name != NULL; row++)
			if (width_of(row) > widest)
				widest = width_of(row);
	return widest;
}

void
option_table_usage(FILE *out, const struct option_group *groups, size_t count,
    const struct option_row *rows)
{
	int widest = widest_row(groups, count);

	for (const struct option_row *row = rows; row->name != NULL; row++) {
		char letter[] = {'-', row->letter, ',', '\0'};
		bool has = row->argument != NULL;

		(void)fprintf(out, "  %3s --%s%s%s%*s  %s\n",
		    row->letter != 0 ? letter : "", row->name, has ? "=" : "",
		    has ? row->argument : "", widest - width_of(row), "",
		    row->help);
	}
}
