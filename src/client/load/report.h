/* SPDX-License-Identifier: ISC */

/*
 * The report of load as text (report.c), with a bar chart of latency for a
 * terminal: a row for each step of a logarithmic scale, with bars in eighths of
 * a character in UTF-8 and in '#' otherwise.
 *
 * The same as an SVG picture (svg.c) of two panels: latency by percentile
 * (nines to the right, time upwards, both logarithmic), and throughput with p50
 * and p99 by second.
 */

#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>

#include "client/output.h"

/* Needs derived results. */
void report_text(FILE *, const struct results *);

/* Writes nothing if nothing was answered. */
void report_bars(FILE *, const struct results *);

/* Stores an interval for the second panel. */
void svg_note_interval(const struct event *);

/* Needs derived results. */
void svg_write(FILE *, const struct results *);

#endif
