/* SPDX-License-Identifier: ISC */

/*
 * The output of ping --nagios: one line with performance data and a status of 0
 * to 3, by the guidelines of the Monitoring Plugins project.
 */

#ifndef PING_NAGIOS_H
#define PING_NAGIOS_H

#include "client/results.h"

/*
 * Prints the line.  Returns the status: critical if a critical condition is
 * met, if nothing was answered, or if there are losses or wrong answers that no
 * condition judges; warning if a warning condition is met.
 */
int nagios_report(const struct results *, const struct threshold_list *warning,
    const struct threshold_list *critical);

#endif
