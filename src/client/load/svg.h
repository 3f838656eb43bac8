/* SPDX-License-Identifier: ISC */

/*
 * A run as a self-contained SVG picture of two panels: latency by percentile
 * (the nines from left to right, time upwards, both logarithmic), and
 * throughput with p50 and p99 by second.
 */

#ifndef SVG_H
#define SVG_H

#include <stdio.h>

#include "client/output.h"

/* Keeps one interval for the second panel. */
void svg_note_interval(const struct event *);

/* Of results that are derived. */
void svg_write(FILE *, const struct results *);

#endif
