/* SPDX-License-Identifier: ISC */

#include "client/compare/json_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	DEPTH_MAX = 16
};

struct reader {
	char path[JSON_PATH_STRLEN];
	unsigned depth;
	json_number tell;
	void *context;
};

/* Each reads one element and returns its end, or NULL. */
static const char *read_value(struct reader *, const char *);

static const char *
skip_blanks(const char *at)
{
	return at + strspn(at, " \t\r\n");
}

static const char *
read_string(const char *at)
{
	if (*at++ != '"')
		return NULL;
	while (*at != '"' && *at != '\0')
		at += at[0] == '\\' && at[1] != '\0' ? 2 : 1;
	return *at == '"' ? at + 1 : NULL;
}

/* Reads a name and appends it to the path; escapes stay as they are. */
static const char *
read_name(struct reader *r, const char *at)
{
	const char *end = read_string(at);
	size_t length = strlen(r->path);

	if (end == NULL)
		return NULL;
	(void)snprintf(r->path + length, sizeof r->path - length, "%s%.*s",
	    length > 0 ? "." : "", (int)(end - at - 2), at + 1);
	end = skip_blanks(end);
	return *end == ':' ? end + 1 : NULL;
}

/* DEPTH_MAX bounds the recursion. */
/* NOLINTBEGIN(misc-no-recursion) */

/* Reads the elements between brackets or braces. */
static const char *
read_list(struct reader *r, const char *at, char close)
{
	size_t length = strlen(r->path);

	at = skip_blanks(at + 1);
	if (*at == close)
		return at + 1;
	do {
		if (close == '}')
			at = read_name(r, skip_blanks(at));
		if (at != NULL)
			at = read_value(r, at);
		r->path[length] = '\0';
	} while (at != NULL && *at++ == ',');
	return at != NULL && at[-1] == close ? at : NULL;
}

static const char *
read_scalar(struct reader *r, const char *at)
{
	static const char *const words[] = {"true", "false", "null"};
	char *end;

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strncmp(at, words[i], strlen(words[i])) == 0)
			return at + strlen(words[i]);
	double value = strtod(at, &end);
	if (end == at || strspn(at, "-0123456789") == 0)
		return NULL;
	r->tell(r->context, r->path, value);
	return end;
}

static const char *
read_value(struct reader *r, const char *at)
{
	if (++r->depth > DEPTH_MAX)
		return NULL;
	at = skip_blanks(at);
	if (*at == '{')
		at = read_list(r, at, '}');
	else if (*at == '[')
		at = read_list(r, at, ']');
	else
		at = *at == '"' ? read_string(at) : read_scalar(r, at);
	r->depth--;
	return at != NULL ? skip_blanks(at) : NULL;
}

/* NOLINTEND(misc-no-recursion) */

const char *
json_read(const char *text, json_number tell, void *context)
{
	struct reader r = {.tell = tell, .context = context};

	return read_value(&r, text);
}
