/* SPDX-License-Identifier: ISC */

/*
 * ping for monitoring: one line with performance data and a status of 0 to 3,
 * by the guidelines of the Monitoring Plugins project.
 */

#ifndef PING_NAGIOS_H
#define PING_NAGIOS_H

#include "client/results.h"

/*
 * Prints the line.  Returns the status: critical when a critical condition is
 * met, when nothing was answered, or when a loss or a wrong answer is judged
 * by no condition; warning when a warning condition is met.
 */
int nagios_report(const struct results *, const struct threshold_list *warning,
    const struct threshold_list *critical);

#endif
