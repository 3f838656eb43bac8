/* SPDX-License-Identifier: ISC */

/*
 * The report of load as text, with a histogram of latency for a terminal: a
 * row for each step of a logarithmic scale, bars in eighths of a character
 * where the locale has UTF-8 and in '#' elsewhere.
 */

#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>

#include "client/results.h"

/* Of results that are derived. */
void report_text(FILE *, const struct results *);

/* Writes nothing when nothing was answered. */
void report_bars(FILE *, const struct results *);

#endif
