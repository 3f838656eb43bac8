/* SPDX-License-Identifier: ISC */

#include "client/load/svg.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>

#include "common/units.h"

enum {
	WIDTH = 760,
	HEIGHT = 420,
	LEFT = 80,
	RIGHT = 20,
	TOP = 50,
	BOTTOM = 50,
	STEPS = 200 /* points of a curve */
};

/* The part of the time scale that the curves need, as powers of ten. */
struct plot {
	FILE *out;
	double low, high;
	double nines; /* the right edge: 1 = 90 %, 2 = 99 %, ... */
};

static double
x_of(const struct plot *plot, double nines)
{
	return LEFT + (WIDTH - LEFT - RIGHT) * nines / plot->nines;
}

static double
y_of(const struct plot *plot, double nanoseconds)
{
	double part = (log10(fmax(1, nanoseconds)) - plot->low) /
		      (plot->high - plot->low);

	return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * part;
}

static void
write_text(FILE *out, const char *text)
{
	for (; *text != '\0'; text++)
		if (*text == '<' || *text == '&')
			(void)fprintf(out, "&#%d;", *text);
		else
			(void)putc(*text, out);
}

static void
write_head(const struct plot *plot, const struct results *report)
{
	FILE *out = plot->out;

	(void)fprintf(out,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\""
	    " height=\"%d\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\""
	    " font-size=\"12\">\n",
	    WIDTH, HEIGHT, WIDTH, HEIGHT);
	(void)fprintf(out,
	    "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
	    "<text x=\"%d\" y=\"22\" font-size=\"15\">Echo latency of ",
	    LEFT);
	write_text(out, report->host);
	(void)fprintf(out, ": %" PRIu64 " answers, %" PRIu64 " lost</text>\n",
	    report->answered, report->lost);
}

static void
write_times(const struct plot *plot)
{
	char label[UNITS_STRLEN];

	for (int p = (int)plot->low; p <= (int)plot->high; p++) {
		double y = y_of(plot, pow(10, p));
		(void)fprintf(plot->out,
		    "<path d=\"M%d %.1fH%d\" stroke=\"#ddd\"/>\n"
		    "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
		    LEFT, y, WIDTH - RIGHT, LEFT - 8, y + 4,
		    units_format_span(pow(10, p), label));
	}
}

static void
write_percentiles(const struct plot *plot)
{
	for (int n = 0; n <= (int)plot->nines; n++) {
		double x = x_of(plot, n);
		(void)fprintf(plot->out,
		    "<path d=\"M%.1f %dV%d\" stroke=\"#ddd\"/>\n"
		    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">"
		    "%.10g%%</text>\n",
		    x, TOP, HEIGHT - BOTTOM, x, HEIGHT - BOTTOM + 18,
		    100 - 100 * pow(10, -n));
	}
	(void)fprintf(plot->out,
	    "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">percentile"
	    "</text>\n",
	    (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10);
}

static void
write_curve(const struct plot *plot, const struct histogram *h,
    const char *name, const char *colour, int line)
{
	if (h->count == 0)
		return;
	(void)fprintf(plot->out,
	    "<polyline fill=\"none\" stroke-width=\"2\" stroke=\"%s\""
	    " points=\"",
	    colour);
	for (int i = 0; i <= STEPS; i++) {
		double nines = plot->nines * i / STEPS;
		double value =
		    histogram_percentile(h, 100 - 100 * pow(10, -nines));
		(void)fprintf(plot->out, "%.1f,%.1f ", x_of(plot, nines),
		    y_of(plot, value));
	}
	(void)fprintf(plot->out,
	    "\"/>\n<text x=\"%d\" y=\"%d\" fill=\"%s\">%s</text>\n", LEFT + 10,
	    TOP + 16 * line, colour, name);
}

/* As many nines as the answers can tell, two at least and six at most. */
static double
nines_of(const struct histogram *h)
{
	return fmin(6, fmax(2, floor(log10(fmax(1, (double)h->count)))));
}

void
svg_note_interval(const struct event *event)
{
	(void)event;
}

void
svg_write(FILE *out, const struct results *report)
{
	const struct histogram *h = results_latency(report);
	double low = fmax(1, fmin((double)h->min, (double)report->raw.min));
	double high = fmax((double)h->max, (double)report->raw.max);
	struct plot plot = {.out = out, .nines = nines_of(h)};

	plot.low = floor(log10(low));
	plot.high = fmax(plot.low + 1, ceil(log10(fmax(1, high))));
	write_head(&plot, report);
	write_times(&plot);
	write_percentiles(&plot);
	write_curve(&plot, &report->corrected,
	    "corrected: from when a message was due", "#b5422c", 1);
	write_curve(&plot, &report->raw, "raw: from when a message was sent",
	    "#2c6fb5", 2);
	(void)fprintf(out, "</svg>\n");
}
