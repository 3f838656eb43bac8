/* SPDX-License-Identifier: ISC */

/*
 * A plot of latency by percentile as a self-contained SVG picture: the nines
 * from left to right, time upwards, both logarithmic.
 */

#ifndef SVG_H
#define SVG_H

#include <stdio.h>

#include "client/load/report.h"

void svg_write(FILE *, const struct report *);

#endif
