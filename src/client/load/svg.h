/* SPDX-License-Identifier: ISC */

/*
 * Draws a run as an SVG picture of two panels: latency by percentile (nines to
 * the right, time upwards, both logarithmic), and throughput with p50 and p99
 * by second.
 */

#ifndef SVG_H
#define SVG_H

#include <stdio.h>

#include "client/output.h"

/* Stores an interval for the second panel. */
void svg_note_interval(const struct event *);

/* Needs derived results. */
void svg_write(FILE *, const struct results *);

#endif
