/* SPDX-License-Identifier: ISC */

#include "client/threshold.h"

#include <stdio.h>
#include <string.h>

#include "common/units.h"

/* Percentiles are not in it, as any number may follow the p. */
static const struct {
	const char *name;
	const char *unit; /* after the limit and the value; NULL = a time */
	int decimals;     /* of the value */
} metrics[] = {
    [THRESHOLD_MIN] = {"min", NULL, 0},
    [THRESHOLD_AVG] = {"avg", NULL, 0},
    [THRESHOLD_MAX] = {"max", NULL, 0},
    [THRESHOLD_LOSS] = {"loss", "%", 3},
    [THRESHOLD_ERRORS] = {"errors", "", 0},
    [THRESHOLD_RATE] = {"rate", "", 3},
    [THRESHOLD_CONNS] = {"conns", "", 3},
};

static const char *
parse_metric(const char *name, struct threshold *threshold)
{
	const char *errstr;

	for (int i = THRESHOLD_MIN; i <= THRESHOLD_CONNS; i++)
		if (strcmp(metrics[i].name, name) == 0) {
			threshold->metric = (enum threshold_metric)i;
			return NULL;
		}
	threshold->metric = THRESHOLD_PERCENTILE;
	if (name[0] != 'p')
		return "unknown metric (pN, min, avg, max, loss, errors, "
		       "rate or conns)";
	errstr = units_parse_number(name + 1, "", &threshold->percentile);
	if (errstr == NULL && threshold->percentile > 100)
		errstr = "a percentile is at most 100";
	return errstr;
}

static const char *
parse_limit(const char *text, struct threshold *threshold)
{
	const int64_t span_max = INT64_C(1) << HISTOGRAM_VALUE_BITS;
	const char *errstr;
	int64_t span;

	if (!threshold_is_time(threshold))
		return units_parse_number(
		    text, metrics[threshold->metric].unit, &threshold->limit);
	errstr = units_parse_span(text, NULL, 0, span_max, &span);
	if (errstr == NULL)
		threshold->limit = (double)span;
	return errstr;
}

static const char *
parse_condition(struct threshold *threshold)
{
	char name[THRESHOLD_STRLEN];
	size_t length = strcspn(threshold->text, "<>");
	const char *rest = threshold->text + length, *errstr;

	if (*rest == '\0')
		return "a condition needs < or >";
	memcpy(name, threshold->text, length);
	name[length] = '\0';
	if ((errstr = parse_metric(name, threshold)) != NULL)
		return errstr;
	threshold->above = *rest++ == '>';
	threshold->equal = *rest == '=';
	return parse_limit(rest + threshold->equal, threshold);
}

/* Copies one condition without its blanks; false when it is too long. */
static bool
copy_condition(char *to, const char *from, size_t length)
{
	size_t n = 0;

	for (size_t i = 0; i < length; i++) {
		if (from[i] == ' ')
			continue;
		if (n == THRESHOLD_STRLEN - 1)
			return false;
		to[n++] = from[i];
	}
	to[n] = '\0';
	return true;
}

const char *
threshold_parse(const char *text, struct threshold_list *list)
{
	const char *errstr;

	list->count = 0;
	for (;;) {
		size_t length = strcspn(text, ",");
		struct threshold threshold = {0};

		if (list->count == THRESHOLDS_MAX)
			return "too many conditions";
		if (!copy_condition(threshold.text, text, length))
			return "a condition is too long";
		if ((errstr = parse_condition(&threshold)) != NULL)
			return errstr;
		list->items[list->count++] = threshold;
		if (text[length] == '\0')
			return NULL;
		text += length + 1;
	}
}

void
threshold_option(
    const char *name, const char *text, struct threshold_list *list)
{
	if (text != NULL)
		options_check(name, text, threshold_parse(text, list));
}

double
threshold_value(const struct threshold *t, const struct measurements *m)
{
	switch (t->metric) {
	case THRESHOLD_PERCENTILE:
		return histogram_percentile(m->latency, t->percentile);
	case THRESHOLD_MIN:
		return (double)m->latency->min;
	case THRESHOLD_AVG:
		return histogram_mean(m->latency);
	case THRESHOLD_MAX:
		return (double)m->latency->max;
	case THRESHOLD_LOSS:
		return m->loss;
	case THRESHOLD_ERRORS:
		return m->errors;
	case THRESHOLD_RATE:
		return m->rate;
	case THRESHOLD_CONNS:
		return m->conns;
	}
	return 0;
}

bool
threshold_is_time(const struct threshold *t)
{
	return metrics[t->metric].unit == NULL;
}

bool
threshold_is_known(const struct threshold *t, const struct measurements *m)
{
	return !threshold_is_time(t) || m->latency->count > 0;
}

const char *
threshold_format_value(const struct threshold *t, const struct measurements *m,
    char buf[UNITS_STRLEN])
{
	double value = threshold_value(t, m);

	if (!threshold_is_known(t, m))
		return "nothing was answered";
	if (threshold_is_time(t))
		return units_format_span(value, buf);
	(void)snprintf(buf, UNITS_STRLEN, "%.*f%s", metrics[t->metric].decimals,
	    value, metrics[t->metric].unit);
	return buf;
}

bool
threshold_failed(const struct threshold *t, const struct measurements *m)
{
	double value = threshold_value(t, m);

	if (!threshold_is_known(t, m))
		return true;
	if (t->equal && !(value < t->limit) && !(value > t->limit))
		return true;
	return t->above ? value > t->limit : value < t->limit;
}

bool
threshold_judges_loss(const struct threshold_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].metric == THRESHOLD_LOSS ||
		    list->items[i].metric == THRESHOLD_ERRORS)
			return true;
	return false;
}
