/* SPDX-License-Identifier: ISC */

#include "client/ping/nagios.h"

#include <inttypes.h>
#include <string.h>

enum {
	WARNING = 1,
	CRITICAL = 2
};

/* The figures of the line; the last condition on each becomes its range. */
static const struct {
	const char *metric, *unit, *tail;
} figures[] = {
    {"avg", "s", ";0"},
    {"max", "s", ";0"},
    {"p50", "s", ";0"},
    {"p99", "s", ";0"},
    {"loss", "%", ";0;100"},
    {"errors", "", ";0"},
    {"rate", "", ";0"},
};

/* The condition on a metric, NULL if there is none. */
static const struct threshold *
find(const struct threshold_list *list, const char *metric)
{
	size_t length = strlen(metric);

	for (size_t i = list->count; i-- > 0;)
		if (strncmp(list->items[i].text, metric, length) == 0 &&
		    strcspn(list->items[i].text, "<>") == length)
			return &list->items[i];
	return NULL;
}

/*
 * Prints the range of good values.  Its ends are part of it; if a condition is
 * met at its limit as well, the range ends a billionth before.
 */
static void
print_range(const struct threshold *t)
{
	const double least = 1e-9;

	if (t == NULL)
		return;
	double limit = t->limit / (double)(threshold_is_time(t) ? SEC : 1);
	if (t->above)
		(void)printf("~:%.9f", t->equal ? limit - least : limit);
	else
		(void)printf("%.9f:", t->equal ? limit + least : limit);
}

static void
print_figures(const struct measurements *measured,
    const struct threshold_list *warning, const struct threshold_list *critical)
{
	for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
		struct threshold_list one;
		char text[THRESHOLD_STRLEN];
		(void)snprintf(text, sizeof text, "%s>0", figures[i].metric);
		if (threshold_parse(text, &one) != NULL ||
		    !threshold_is_known(one.items, measured))
			continue;
		(void)printf(" %s=%.9f%s;", figures[i].metric,
		    threshold_value(one.items, measured) /
			(double)(threshold_is_time(one.items) ? SEC : 1),
		    figures[i].unit);
		print_range(find(warning, figures[i].metric));
		(void)putchar(';');
		print_range(find(critical, figures[i].metric));
		(void)fputs(figures[i].tail, stdout);
	}
}

static bool
is_met(const struct threshold_list *list, const struct measurements *measured)
{
	for (size_t i = 0; i < list->count; i++)
		if (threshold_failed(&list->items[i], measured))
			return true;
	return false;
}

int
nagios_report(const struct results *results,
    const struct threshold_list *warning, const struct threshold_list *critical)
{
	static const char *const words[] = {"OK", "WARNING", "CRITICAL"};
	struct measurements measured;
	int status = STATUS_GOOD;

	results_measure(results, &measured);
	if (is_met(warning, &measured))
		status = WARNING;
	if (is_met(critical, &measured) || results->answered == 0 ||
	    results_is_bad(results, threshold_judges_loss(warning) ||
					threshold_judges_loss(critical)))
		status = CRITICAL;
	(void)printf("ECHO %s - ", words[status]);
	results_text(stdout, results,
	    "{host}: {answered} of {sent} answered, {wrong} wrong");
	if (results->raw.count > 0)
		(void)printf(", %.3f ms on average",
		    histogram_mean(&results->raw) / MSEC);
	(void)printf(" |");
	print_figures(&measured, warning, critical);
	(void)putchar('\n');
	return status;
}
