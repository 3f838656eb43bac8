/* SPDX-License-Identifier: ISC */

#include "duration.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>

#include "clock.h"

static const struct unit {
	const char *name;
	int64_t span;
} units[] = {
    /* largest first: duration_format() takes the first that divides */
    {"h", 3600 * SEC},
    {"m", 60 * SEC},
    {"s", SEC},
    {"ms", MSEC},
};

enum {
	NUNITS = sizeof units / sizeof *units
};

static const struct unit *
unit_by_name(const char *name)
{
	for (size_t i = 0; i < NUNITS; i++)
		if (strcmp(units[i].name, name) == 0)
			return &units[i];
	return NULL;
}

const char *
duration_parse(const char *text, int64_t max, int64_t *span)
{
	size_t digits = strspn(text, "0123456789");
	char number[20]; /* INT64_MAX has 19 digits */
	const char *errstr;

	if (digits == 0)
		return "not a duration (as in 500ms, 30s, 5m, 1h)";
	if (digits >= sizeof number)
		return "too large";
	memcpy(number, text, digits);
	number[digits] = '\0';

	if (text[digits] == '\0' && strspn(number, "0") == digits) {
		*span = 0;
		return NULL;
	}
	const struct unit *unit = unit_by_name(text + digits);
	if (unit == NULL)
		return "needs a unit: ms, s, m or h";
	int64_t count = strtonum(number, 0, max / unit->span, &errstr);
	if (errstr != NULL)
		return errstr;
	*span = count * unit->span;
	return NULL;
}

const char *
duration_format(int64_t span, char buf[DURATION_STRLEN])
{
	for (size_t i = 0; i < NUNITS && span != 0; i++) {
		if (span % units[i].span != 0 && i + 1 < NUNITS)
			continue;
		(void)snprintf(buf, DURATION_STRLEN, "%" PRId64 "%s",
		    span / units[i].span, units[i].name);
		return buf;
	}
	(void)snprintf(buf, DURATION_STRLEN, "0");
	return buf;
}
