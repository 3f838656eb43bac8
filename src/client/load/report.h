/* SPDX-License-Identifier: ISC */

/*
 * The report of load as text.
 */

#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>

#include "client/results.h"

/* Of results that are derived. */
void report_text(FILE *, const struct results *);

#endif
