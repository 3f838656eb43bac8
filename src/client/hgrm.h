/* SPDX-License-Identifier: ISC */

/*
 * Writes a histogram in the text form of HdrHistogram's percentile
 * distributions (.hgrm), in milliseconds, for the tools that plot those.
 */

#ifndef HGRM_H
#define HGRM_H

#include <stdio.h>

#include "client/histogram.h"

void hgrm_write(FILE *, const struct histogram *);

#endif
