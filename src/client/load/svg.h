/* SPDX-License-Identifier: ISC */

/*
 * A plot of latency by percentile as a self-contained SVG picture: the nines
 * from left to right, time upwards, both logarithmic.
 */

#ifndef SVG_H
#define SVG_H

#include <stdio.h>

#include "client/output.h"

/* Keeps one interval for the second panel. */
void svg_note_interval(const struct event *);

void svg_write(FILE *, const struct results *);

#endif
