/* SPDX-License-Identifier: ISC */

#include "client/ping/nagios.h"

#include <math.h>

enum {
	WARNING = 1,
	CRITICAL = 2
};

/* The figures of the line; the last condition on each becomes its range. */
static const struct {
	struct threshold what; /* its metric */
	const char *name, *unit, *tail;
} figures[] = {
    {{.metric = THRESHOLD_AVG}, "avg", "s", ";0"},
    {{.metric = THRESHOLD_MAX}, "max", "s", ";0"},
    {{.metric = THRESHOLD_PERCENTILE, .percentile = 50}, "p50", "s", ";0"},
    {{.metric = THRESHOLD_PERCENTILE, .percentile = 99}, "p99", "s", ";0"},
    {{.metric = THRESHOLD_LOSS}, "loss", "%", ";0;100"},
    {{.metric = THRESHOLD_ERRORS}, "errors", "", ";0"},
    {{.metric = THRESHOLD_RATE}, "rate", "", ";0"},
};

/*
 * Prints the range of good values.  The plugins' guidelines count its ends as
 * good, so for >= and <= the printed end is a billionth inside the limit.
 */
static void
print_range(const struct threshold_list *list, const struct threshold *what)
{
	const double least = 1e-9;
	const struct threshold *t = NULL;

	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].metric == what->metric &&
		    fabs(list->items[i].percentile - what->percentile) < least)
			t = &list->items[i];
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
		const struct threshold *what = &figures[i].what;
		if (!threshold_is_known(what, measured))
			continue;
		(void)printf(" %s=%.9f%s;", figures[i].name,
		    threshold_value(what, measured) /
			(double)(threshold_is_time(what) ? SEC : 1),
		    figures[i].unit);
		print_range(warning, what);
		(void)putchar(';');
		print_range(critical, what);
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
