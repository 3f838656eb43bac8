/* SPDX-License-Identifier: ISC */

/*
 * The summaries of ping, in the words of ping(8) where it has them.
 */

#ifndef PING_SUMMARY_H
#define PING_SUMMARY_H

#include <stdio.h>

#include "client/results.h"

/* The whole summary, of results that are derived. */
void ping_summary(FILE *, const struct results *);

/* One line while ping runs. */
void ping_summary_interim(FILE *, struct results *);

#endif
