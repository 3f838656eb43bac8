/* SPDX-License-Identifier: ISC */

/*
 * Writes the metrics in Prometheus' text format 0.0.4, with the "# EOF" of
 * OpenMetrics at the end.  Not OpenMetrics itself: that names the families of
 * counters without "_total", which node_exporter's textfile collector and
 * "promtool check metrics" refuse.
 */

#ifndef EXPOSITION_H
#define EXPOSITION_H

#include <stdbool.h>
#include <stddef.h>

#include "parent/metrics/metrics.h"
#include "parent/sessions/endpoints.h"

/* All figures; times are in seconds since 1970. */
struct figures {
	const struct endpoints *endpoints;
	const struct distribution *duration, *bytes;
	uint64_t started, reloaded, reload_succeeded;
	uint64_t max_children, listeners;
	uint64_t accept_errors, fork_errors, log_dropped, upgrades;
};

/* False with errno if they could not be written. */
bool exposition_write(int fd, const struct figures *);

#endif
