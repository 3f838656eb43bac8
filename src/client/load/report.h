/* SPDX-License-Identifier: ISC */

/*
 * The report of load as text, with a bar chart of latency for a terminal: a row
 * for each step of a logarithmic scale, with bars in eighths of a character in
 * UTF-8 and in '#' otherwise.
 */

#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>

#include "client/results.h"

/* Needs derived results. */
void report_text(FILE *, const struct results *);

/* Writes nothing if nothing was answered. */
void report_bars(FILE *, const struct results *);

#endif
