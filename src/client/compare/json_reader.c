/* SPDX-License-Identifier: ISC */

#include "client/compare/json_reader.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	DEPTH_MAX = 16
};

struct reader {
	const char *at; /* NULL = this is not JSON */
	char path[JSON_PATH_STRLEN];
	unsigned depth;
	json_number tell;
	void *context;
};

static void read_value(struct reader *);

static void
skip_blanks(struct reader *r)
{
	if (r->at != NULL)
		r->at += strspn(r->at, " \t\r\n");
}

/* Takes this character if it is the next. */
static bool
take(struct reader *r, char c)
{
	skip_blanks(r);
	if (r->at == NULL || *r->at != c)
		return false;
	r->at++;
	skip_blanks(r);
	return true;
}

/* Skips a string; name, unless NULL, gets it with escapes as they are. */
static void
read_string(struct reader *r, char *name, size_t size)
{
	if (!(r->at != NULL && *r->at == '"')) {
		r->at = NULL;
		return;
	}
	const char *begin = ++r->at;
	while (*r->at != '"' && *r->at != '\0')
		r->at += r->at[0] == '\\' && r->at[1] != '\0' ? 2 : 1;
	if (name != NULL)
		(void)snprintf(name, size, "%.*s", (int)(r->at - begin), begin);
	r->at = *r->at == '"' ? r->at + 1 : NULL;
}

static void
read_member(struct reader *r)
{
	size_t length = strlen(r->path);
	char *end = r->path + length;

	if (length > 0 && length + 1 < sizeof r->path)
		*end++ = '.';
	read_string(r, end, sizeof r->path - (size_t)(end - r->path));
	if (take(r, ':'))
		read_value(r);
	else
		r->at = NULL;
	r->path[length] = '\0';
}

/* What stands between brackets or braces, separated by commas. */
static void
read_list(struct reader *r, char close, void (*read)(struct reader *))
{
	r->at++;
	if (take(r, close))
		return;
	do
		read(r);
	while (take(r, ','));
	if (!take(r, close))
		r->at = NULL;
}

static void
read_scalar(struct reader *r)
{
	static const char *const words[] = {"true", "false", "null"};
	char *end;

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strncmp(r->at, words[i], strlen(words[i])) == 0) {
			r->at += strlen(words[i]);
			return;
		}
	double value = strtod(r->at, &end);
	if (end == r->at || strspn(r->at, "-0123456789") == 0) {
		r->at = NULL;
		return;
	}
	r->at = end;
	r->tell(r->context, r->path, value);
}

static void
read_value(struct reader *r)
{
	skip_blanks(r);
	if (r->at == NULL || ++r->depth > DEPTH_MAX) {
		r->at = NULL;
		return;
	}
	if (*r->at == '{')
		read_list(r, '}', read_member);
	else if (*r->at == '[')
		read_list(r, ']', read_value);
	else if (*r->at == '"')
		read_string(r, NULL, 0);
	else
		read_scalar(r);
	r->depth--;
	skip_blanks(r);
}

const char *
json_read(const char *text, json_number tell, void *context)
{
	struct reader r = {.at = text, .tell = tell, .context = context};

	read_value(&r);
	return r.at;
}
