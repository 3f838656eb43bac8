/* SPDX-License-Identifier: ISC */

/*
 * Draws a histogram for a terminal: a row for each step of a logarithmic
 * scale, bars in eighths of a character where the locale has UTF-8 and in
 * '#' elsewhere.
 */

#ifndef BAR_CHART_H
#define BAR_CHART_H

#include <stdbool.h>
#include <stdio.h>

#include "client/histogram.h"

/* Does the locale of the environment use UTF-8? */
bool bar_chart_has_utf8(void);

/* Writes nothing when the histogram is empty. */
void bar_chart_histogram(FILE *, const struct histogram *, bool utf8);

#endif
