/* SPDX-License-Identifier: ISC */

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include "client/load/report.h"
#include "common/units.h"

enum {
	WIDTH = 800,
	HEIGHT = 720,
	LEFT = 90,
	RIGHT = WIDTH - 90,
	HEADING = 15,
	STEPS = 200 /* points of a curve */
};

/* A panel of the picture, with its part of the logarithmic scale of latency. */
struct panel {
	FILE *out;
	int top, bottom;
	double low, high; /* powers of ten */
};

static struct event *intervals;
static size_t interval_count;

void
svg_note_interval(const struct event *event)
{
	size_t n = interval_count;

	/* double the array whenever the count is a power of two */
	if ((n & (n - 1)) == 0) {
		struct event *more = reallocarray(
		    intervals, n == 0 ? 1 : 2 * n, sizeof *intervals);
		if (more == NULL)
			return; /* without memory the picture ends here */
		intervals = more;
	}
	intervals[interval_count++] = *event;
}

static double
y_of(const struct panel *panel, double nanoseconds)
{
	double part = (log10(fmax(1, nanoseconds)) - panel->low) /
		      (panel->high - panel->low);

	return panel->bottom - (panel->bottom - panel->top) * part;
}

/* Writes text with special characters escaped. */
static void
write_escaped(FILE *out, const char *text)
{
	for (; *text != '\0'; text++)
		if (*text == '<' || *text == '&')
			(void)fprintf(out, "&#%d;", *text);
		else
			(void)putc(*text, out);
}

static void
write_label(FILE *out, double x, double y, const char *anchor, const char *text)
{
	(void)fprintf(out,
	    "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y,
	    anchor, text);
}

static void
write_heading(FILE *out, const struct results *r)
{
	char date[64] = "";
	time_t began = (time_t)r->began;
	struct tm tm;

	if (localtime_r(&began, &tm) != NULL)
		(void)strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S %z", &tm);
	(void)fprintf(out,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\""
	    " height=\"%d\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\""
	    " font-size=\"12\">\n"
	    "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
	    "<text x=\"%d\" y=\"24\" font-size=\"%d\">Echo of ",
	    WIDTH, HEIGHT, WIDTH, HEIGHT, LEFT, HEADING);
	write_escaped(out, r->host);
	if (r->address != NULL)
		(void)fprintf(out, " (%s)", r->address);
	(void)fprintf(out, "</text>\n<text x=\"%d\" y=\"44\">", LEFT);
	results_text(out, r, "{connections} connections");
	(void)fprintf(
	    out, "%s, ", r->asked.churn ? ", one for each message" : "");
	if (r->asked.rate > 0)
		results_text(out, r, "{rate} messages/s asked for");
	else
		(void)fprintf(out, "as fast as possible");
	results_text(out, r,
	    ", {size} bytes; {messages_per_second}/s"
	    " reached</text>\n");
	(void)fprintf(out, "<text x=\"%d\" y=\"62\">", LEFT);
	results_text(out, r, "{answered} answered, {lost} lost in {seconds} s");
	(void)fprintf(out, ", %s</text>\n", date);
}

/* Writes the lines of the latency scale, with labels at x. */
static void
write_scale(const struct panel *panel, double x, const char *anchor)
{
	char label[UNITS_STRLEN];

	for (int p = (int)panel->low; p <= (int)panel->high; p++) {
		double y = y_of(panel, pow(10, p));
		(void)fprintf(panel->out,
		    "<path d=\"M%d %.1fH%d\" stroke=\"#ddd\"/>\n", LEFT, y,
		    RIGHT);
		write_label(panel->out, x, y + 4, anchor,
		    units_format_span(pow(10, p), label));
	}
}

/* The x coordinate at that part of the panel's width. */
static double
across(double part)
{
	return (double)LEFT + (double)(RIGHT - LEFT) * part;
}

static void
write_percentiles(const struct panel *panel, double nines)
{
	for (int n = 0; n <= (int)nines; n++) {
		double x = across(n / nines);
		char label[32];
		(void)snprintf(
		    label, sizeof label, "%.10g%%", 100 - 100 * pow(10, -n));
		(void)fprintf(panel->out,
		    "<path d=\"M%.1f %dV%d\" stroke=\"#ddd\"/>\n", x,
		    panel->top, panel->bottom);
		write_label(panel->out, x, panel->bottom + 18, "middle", label);
	}
	write_label(panel->out, (LEFT + RIGHT) / 2.0, panel->bottom + 36,
	    "middle", "latency by percentile");
}

static void
write_curve(const struct panel *panel, double nines, const struct histogram *h,
    const char *colour)
{
	if (h->count == 0)
		return;
	(void)fprintf(panel->out,
	    "<polyline fill=\"none\" stroke-width=\"2\" stroke=\"%s\""
	    " points=\"",
	    colour);
	for (int i = 0; i <= STEPS; i++) {
		double n = nines * i / (double)STEPS;
		(void)fprintf(panel->out, "%.1f,%.1f ", across(n / nines),
		    y_of(panel,
			histogram_percentile(h, 100 - 100 * pow(10, -n))));
	}
	(void)fprintf(panel->out, "\"/>\n");
}

static void
write_name(FILE *out, double x, double y, const char *colour, const char *name)
{
	(void)fprintf(out,
	    "<text x=\"%.1f\" y=\"%.1f\" fill=\"%s\">%s</text>\n", x, y, colour,
	    name);
}

static const char raw_colour[] = "#2c6fb5", corrected_colour[] = "#b5422c",
		  rate_colour[] = "#d8e6d0";

/* The number of nines that the number of answers supports, two to six. */
static double
nines_of(const struct histogram *h)
{
	return fmin(6, fmax(2, floor(log10(fmax(1, (double)h->count)))));
}

static void
write_latency(const struct panel *panel, const struct results *r)
{
	double nines = nines_of(results_latency(r));

	write_scale(panel, LEFT - 8, "end");
	write_percentiles(panel, nines);
	write_curve(panel, nines, &r->corrected, corrected_colour);
	write_curve(panel, nines, &r->raw, raw_colour);
	write_name(panel->out, LEFT + 10, panel->top + 16, raw_colour,
	    r->asked.churn ? "raw: from when its connection was begun"
			   : "raw: from when a message was sent");
	if (r->corrected.count > 0)
		write_name(panel->out, LEFT + 10, panel->top + 32,
		    corrected_colour, "corrected: from when a message was due");
}

static double
x_of_time(const struct results *r, double seconds)
{
	return across(fmin(1, seconds * SEC / (double)r->elapsed));
}

/* Writes a bar for each interval, relative to the greatest rate. */
static void
write_rates(const struct panel *panel, const struct results *r, double most)
{
	double from = LEFT;

	for (size_t i = 0; i < interval_count; i++) {
		double to = x_of_time(r, intervals[i].seconds);
		double height = (panel->bottom - panel->top) *
				(double)intervals[i].messages / most;
		(void)fprintf(panel->out,
		    "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\""
		    " height=\"%.1f\" fill=\"%s\"/>\n",
		    from, panel->bottom - height, fmax(0.5, to - from), height,
		    rate_colour);
		from = to;
	}
}

/* Writes one percentile as a level over each interval that has answers. */
static void
write_levels(const struct panel *panel, const struct results *r, size_t offset,
    const char *colour)
{
	double from = LEFT;

	(void)fprintf(panel->out,
	    "<path fill=\"none\" stroke-width=\"2\" stroke=\"%s\" d=\"",
	    colour);
	for (size_t i = 0; i < interval_count; i++) {
		int64_t value = *(
		    const int64_t *)(const void *)((const char *)&intervals[i] +
						   offset);
		double to = x_of_time(r, intervals[i].seconds);
		if (value >= 0)
			(void)fprintf(panel->out, "M%.1f %.1fH%.1f ", from,
			    y_of(panel, (double)value), to);
		from = to;
	}
	(void)fprintf(panel->out, "\"/>\n");
}

/* Writes the scales of rate and time. */
static void
write_axes(const struct panel *panel, const struct results *r, double most)
{
	FILE *out = panel->out;
	char label[32];

	for (int i = 0; i <= 2; i++) {
		(void)snprintf(label, sizeof label, "%.0f/s", most * i / 2);
		write_label(out, LEFT - 8,
		    panel->bottom - (panel->bottom - panel->top) * i / 2.0 + 4,
		    "end", label);
	}
	for (int i = 0; i <= 4; i++) {
		double seconds = (double)r->elapsed / SEC * i / 4;
		(void)snprintf(label, sizeof label, "%.*f s",
		    r->elapsed < 10 * SEC ? 2 : 0, seconds);
		write_label(out, x_of_time(r, seconds), panel->bottom + 18,
		    "middle", label);
	}
	write_label(out, (LEFT + RIGHT) / 2.0, panel->bottom + 36, "middle",
	    "messages answered (left) and latency (right) by second");
}

static void
write_by_second(const struct panel *panel, const struct results *r)
{
	double most = 1;

	for (size_t i = 0; i < interval_count; i++)
		most = fmax(most, (double)intervals[i].messages);
	double step = pow(10, floor(log10(most)));
	most = ceil(most / step) * step; /* round up to a step */
	write_rates(panel, r, most);
	write_scale(panel, RIGHT + 8, "start");
	write_axes(panel, r, most);
	write_levels(panel, r, offsetof(struct event, p50), raw_colour);
	write_levels(panel, r, offsetof(struct event, p99), corrected_colour);
	write_name(panel->out, LEFT + 10, panel->top + 16, raw_colour, "p50");
	write_name(
	    panel->out, LEFT + 45, panel->top + 16, corrected_colour, "p99");
}

void
svg_write(FILE *out, const struct results *r)
{
	struct panel upper = {.out = out, .top = 80, .bottom = 370};
	double least = (double)r->raw.min, most = (double)r->raw.max;

	if (r->corrected.count > 0)
		most = fmax(most, (double)r->corrected.max);
	upper.low = floor(log10(fmax(1, least)));
	upper.high = fmax(upper.low + 1, ceil(log10(fmax(1, most))));
	struct panel lower = upper;
	lower.top = 430;
	lower.bottom = 670;
	write_heading(out, r);
	write_latency(&upper, r);
	if (r->elapsed > 0)
		write_by_second(&lower, r);
	(void)fprintf(out, "</svg>\n");
}
