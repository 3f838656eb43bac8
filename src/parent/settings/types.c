/* SPDX-License-Identifier: ISC */

#include "parent/settings/types.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>

#include "common/addr.h"
#include "common/units.h"
#include "parent/process/identity.h"
#include "parent/settings/access_list.h"

const char out_of_memory[] = "out of memory";

static void
clear_nothing(void *value)
{
	(void)value;
}

/* ---- a rate: "100/s burst 200" ------------------------------------------- */

static const char *
rate_part(
    const char *text, size_t length, const struct range *range, uint32_t *part)
{
	char number[24];
	int64_t count = 0;

	if (length == 0 || length >= sizeof number)
		return "not a rate (as in 100/s burst 200)";
	memcpy(number, text, length);
	number[length] = '\0';
	const char *errstr =
	    units_parse_count(number, range->min, range->max, &count);
	*part = (uint32_t)count;
	return errstr;
}

static const char *
rate_parse(void *value, const char *text, const struct range *range)
{
	static const char digits[] = "0123456789", middle[] = "/s burst ";
	struct rate rate = {0};
	size_t length = strspn(text, digits);
	const char *rest = text + length, *errstr;

	if (strcmp(text, "0") == 0) {
		*(struct rate *)value = rate;
		return NULL;
	}
	if ((errstr = rate_part(text, length, range, &rate.per_second)) != NULL)
		return errstr;
	if (strncmp(rest, middle, sizeof middle - 1) != 0)
		return "not a rate (as in 100/s burst 200)";
	rest += sizeof middle - 1;
	length = strspn(rest, digits);
	if ((errstr = rate_part(rest, length, range, &rate.burst)) != NULL)
		return errstr;
	if (rest[length] != '\0')
		return "not a rate (as in 100/s burst 200)";
	*(struct rate *)value = rate;
	return NULL;
}

static void
rate_print(
    FILE *out, const char *name, const void *value, const struct range *range)
{
	const struct rate *rate = value;

	(void)range;
	if (rate->per_second == 0)
		(void)fprintf(out, "%s = 0\n", name);
	else
		(void)fprintf(out, "%s = %" PRIu32 "/s burst %" PRIu32 "\n",
		    name, rate->per_second, rate->burst);
}

const struct type type_rate = {
    .size = sizeof(struct rate),
    .parse = rate_parse,
    .print = rate_print,
    .clear = clear_nothing,
};

/* ---- text ---------------------------------------------------------------- */

static void
text_clear(void *value)
{
	char **text = value;

	free(*text);
	*text = NULL;
}

static const char *
text_parse(void *value, const char *text, const struct range *range)
{
	(void)range;
	size_t length = strlen(text);
	if (length == 0)
		return "empty";
	for (size_t i = 0; i < length; i++)
		if (iscntrl((unsigned char)text[i]))
			return "has a control character";
	if (text[0] == ' ' || text[length - 1] == ' ')
		return "begins or ends with a space";
	char *copy = strdup(text);
	if (copy == NULL)
		return out_of_memory;
	text_clear(value);
	*(char **)value = copy;
	return NULL;
}

/* Writes "name = text", with backslashes where the file's syntax needs them. */
static void
print_escaped(FILE *out, const char *name, const char *text)
{
	(void)fprintf(out, "%s = ", name);
	for (; *text != '\0'; text++) {
		if (*text == '#' || *text == '\\')
			(void)fputc('\\', out);
		(void)fputc(*text, out);
	}
	(void)fputc('\n', out);
}

static void
text_print(
    FILE *out, const char *name, const void *value, const struct range *range)
{
	(void)range;
	print_escaped(out, name, *(char *const *)value);
}

static bool
text_equal(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b) == 0;
}

static const char *
pidfile_parse(void *value, const char *text, const struct range *range)
{
	/*
	 * A relative path is wrong, because the daemon changes its directory.
	 */
	if (*text != '/' && strcmp(text, "none") != 0 &&
	    strcmp(text, "auto") != 0)
		return "not an absolute path, none or auto";
	return text_parse(value, text, range);
}

const struct type type_pidfile = {
    .size = sizeof(char *),
    .parse = pidfile_parse,
    .print = text_print,
    .equal = text_equal,
    .clear = text_clear,
};

static const char *
path_parse(void *value, const char *text, const struct range *range)
{
	if (*text != '/' && strcmp(text, "none") != 0)
		return "not an absolute path or none";
	return text_parse(value, text, range);
}

const struct type type_path = {
    .size = sizeof(char *),
    .parse = path_parse,
    .print = text_print,
    .equal = text_equal,
    .clear = text_clear,
};

static const char *
user_parse(void *value, const char *text, const struct range *range)
{
	struct identity identity;
	const char *errstr = NULL;

	if (strchr(text, ':') != NULL) /* no user name contains one */
		errstr = identity_parse(text, &identity);
	return errstr != NULL ? errstr : text_parse(value, text, range);
}

const struct type type_user = {
    .size = sizeof(char *),
    .parse = user_parse,
    .print = text_print,
    .equal = text_equal,
    .clear = text_clear,
};

/* ---- lists --------------------------------------------------------------- */

static void
addrs_clear(void *value)
{
	struct addr_list *list = value;

	free(list->items);
	*list = (struct addr_list){0};
}

static const char *
addrs_parse(void *value, const char *text, const struct range *range)
{
	struct addr_list *list = value;
	struct addr addr;
	const char *errstr = addr_parse(text, &addr);

	(void)range;
	if (errstr != NULL)
		return errstr;
	struct addr *grown =
	    reallocarray(list->items, list->count + 1, sizeof addr);
	if (grown == NULL)
		return out_of_memory;
	grown[list->count++] = addr;
	list->items = grown;
	return NULL;
}

static void
addrs_print(
    FILE *out, const char *name, const void *value, const struct range *range)
{
	const struct addr_list *list = value;
	char buf[ADDR_STRLEN];

	(void)range;
	for (size_t i = 0; i < list->count; i++)
		print_escaped(out, name, addr_format(&list->items[i], buf));
}

static bool
addrs_equal(const void *a, const void *b)
{
	const struct addr_list *one = a, *other = b;

	for (size_t i = 0; i < one->count && i < other->count; i++)
		if (!addr_equal(&one->items[i], &other->items[i]))
			return false;
	return one->count == other->count;
}

const struct type type_addrs = {
    .size = sizeof(struct addr_list),
    .list = true,
    .parse = addrs_parse,
    .print = addrs_print,
    .equal = addrs_equal,
    .clear = addrs_clear,
};

static void
prefixes_clear(void *value)
{
	prefix_list_free(value);
}

static const char *
prefixes_parse(void *value, const char *text, const struct range *range)
{
	struct prefix prefix;
	const char *errstr = prefix_parse(text, &prefix);

	(void)range;
	if (errstr != NULL)
		return errstr;
	return prefix_list_add(value, &prefix) ? NULL : out_of_memory;
}

static void
prefixes_print(
    FILE *out, const char *name, const void *value, const struct range *range)
{
	const struct prefix_list *list = value;
	char buf[PREFIX_STRLEN];

	(void)range;
	if (list->count == 0)
		(void)fprintf(out, "# %s =\n", name);
	for (size_t i = 0; i < list->count; i++)
		(void)fprintf(out, "%s = %s\n", name,
		    prefix_format(&list->items[i], buf));
}

const struct type type_prefixes = {
    .size = sizeof(struct prefix_list),
    .list = true,
    .parse = prefixes_parse,
    .print = prefixes_print,
    .clear = prefixes_clear,
};
