/* SPDX-License-Identifier: ISC */

#include "parent/settings/value.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>

#include "common/addr.h"
#include "common/duration.h"
#include "parent/settings/config.h"

static const char out_of_memory[] = "out of memory";

static void
clear_nothing(void *value)
{
	(void)value;
}

/* ---- a whole number ------------------------------------------------------ */

static const char *
number_parse(void *value, const char *text, const struct domain *domain)
{
	const char *errstr;

	if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
		return "not a whole number";
	int64_t number = strtonum(text, domain->min, domain->max, &errstr);
	if (errstr == NULL)
		*(int64_t *)value = number;
	return errstr;
}

static void
number_print(
    FILE *out, const char *name, const void *value, const struct domain *domain)
{
	(void)domain;
	(void)fprintf(out, "%s = %" PRId64 "\n", name, *(const int64_t *)value);
}

const struct type type_number = {
    .size = sizeof(int64_t),
    .parse = number_parse,
    .print = number_print,
    .clear = clear_nothing,
};

/* ---- a duration ---------------------------------------------------------- */

static const char *
span_parse(void *value, const char *text, const struct domain *domain)
{
	return duration_parse(text, domain->max, value);
}

static void
span_print(
    FILE *out, const char *name, const void *value, const struct domain *domain)
{
	char buf[DURATION_STRLEN];

	(void)domain;
	(void)fprintf(out, "%s = %s\n", name,
	    duration_format(*(const int64_t *)value, buf));
}

const struct type type_duration = {
    .size = sizeof(int64_t),
    .parse = span_parse,
    .print = span_print,
    .clear = clear_nothing,
};

/* ---- one of several words ------------------------------------------------ */

/* The message for a word that is none of them; it stays until the next. */
static const char *
list_choices(const struct choice *choices)
{
	static char message[128];

	(void)strlcpy(message, "not one of", sizeof message);
	for (const struct choice *c = choices; c->name != NULL; c++) {
		(void)strlcat(
		    message, c == choices ? " " : ", ", sizeof message);
		(void)strlcat(message, c->name, sizeof message);
	}
	return message;
}

static const char *
choice_parse(void *value, const char *text, const struct domain *domain)
{
	for (const struct choice *c = domain->choices; c->name != NULL; c++)
		if (strcmp(c->name, text) == 0) {
			*(int64_t *)value = c->value;
			return NULL;
		}
	return list_choices(domain->choices);
}

static void
choice_print(
    FILE *out, const char *name, const void *value, const struct domain *domain)
{
	for (const struct choice *c = domain->choices; c->name != NULL; c++)
		if (c->value == *(const int64_t *)value)
			(void)fprintf(out, "%s = %s\n", name, c->name);
}

const struct type type_choice = {
    .size = sizeof(int64_t),
    .parse = choice_parse,
    .print = choice_print,
    .clear = clear_nothing,
};

/* ---- a rate: "100/s burst 200" ------------------------------------------- */

static const char *
rate_part(const char *text, size_t length, const struct domain *domain,
    uint32_t *part)
{
	char number[8];
	const char *errstr;

	if (length == 0 || length >= sizeof number)
		return "not a rate (as in 100/s burst 200)";
	memcpy(number, text, length);
	number[length] = '\0';
	*part = (uint32_t)strtonum(number, domain->min, domain->max, &errstr);
	return errstr;
}

static const char *
rate_parse(void *value, const char *text, const struct domain *domain)
{
	static const char digits[] = "0123456789", middle[] = "/s burst ";
	struct rate rate = {0};
	size_t length = strspn(text, digits);
	const char *rest = text + length, *errstr;

	if (strcmp(text, "0") == 0) {
		*(struct rate *)value = rate;
		return NULL;
	}
	if ((errstr = rate_part(text, length, domain, &rate.per_second)) !=
	    NULL)
		return errstr;
	if (strncmp(rest, middle, sizeof middle - 1) != 0)
		return "not a rate (as in 100/s burst 200)";
	rest += sizeof middle - 1;
	length = strspn(rest, digits);
	if ((errstr = rate_part(rest, length, domain, &rate.burst)) != NULL)
		return errstr;
	if (rest[length] != '\0')
		return "not a rate (as in 100/s burst 200)";
	*(struct rate *)value = rate;
	return NULL;
}

static void
rate_print(
    FILE *out, const char *name, const void *value, const struct domain *domain)
{
	const struct rate *rate = value;

	(void)domain;
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
text_parse(void *value, const char *text, const struct domain *domain)
{
	(void)domain;
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

/* "name = text", with a backslash where the file's syntax needs one. */
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
    FILE *out, const char *name, const void *value, const struct domain *domain)
{
	(void)domain;
	print_escaped(out, name, *(char *const *)value);
}

const struct type type_text = {
    .size = sizeof(char *),
    .parse = text_parse,
    .print = text_print,
    .clear = text_clear,
};

static const char *
pidfile_parse(void *value, const char *text, const struct domain *domain)
{
	/* The daemon's working directory is not the user's. */
	if (*text != '/' && strcmp(text, "none") != 0 &&
	    strcmp(text, "auto") != 0)
		return "not an absolute path, none or auto";
	return text_parse(value, text, domain);
}

const struct type type_pidfile = {
    .size = sizeof(char *),
    .parse = pidfile_parse,
    .print = text_print,
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
addrs_parse(void *value, const char *text, const struct domain *domain)
{
	struct addr_list *list = value;
	struct addr addr;
	const char *errstr = addr_parse(text, &addr);

	(void)domain;
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
    FILE *out, const char *name, const void *value, const struct domain *domain)
{
	const struct addr_list *list = value;
	char buf[ADDR_STRLEN];

	(void)domain;
	for (size_t i = 0; i < list->count; i++)
		print_escaped(out, name, addr_format(&list->items[i], buf));
}

const struct type type_addrs = {
    .size = sizeof(struct addr_list),
    .list = true,
    .parse = addrs_parse,
    .print = addrs_print,
    .clear = addrs_clear,
};

static void
prefixes_clear(void *value)
{
	struct prefix_list *list = value;

	free(list->items);
	*list = (struct prefix_list){0};
}

static const char *
prefixes_parse(void *value, const char *text, const struct domain *domain)
{
	struct prefix_list *list = value;
	struct prefix prefix;
	const char *errstr = prefix_parse(text, &prefix);

	(void)domain;
	if (errstr != NULL)
		return errstr;
	struct prefix *grown =
	    reallocarray(list->items, list->count + 1, sizeof prefix);
	if (grown == NULL)
		return out_of_memory;
	grown[list->count++] = prefix;
	list->items = grown;
	return NULL;
}

static void
prefixes_print(
    FILE *out, const char *name, const void *value, const struct domain *domain)
{
	const struct prefix_list *list = value;
	char buf[PREFIX_STRLEN];

	(void)domain;
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
