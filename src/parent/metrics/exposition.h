/* SPDX-License-Identifier: ISC */

/*
 * The metrics as Prometheus' text format 0.0.4 has them, with the "# EOF" of
 * OpenMetrics at the end.  OpenMetrics itself wants counters' families to be
 * named without "_total", which the collector of node_exporter and "promtool
 * check metrics" do not take.
 */

#ifndef EXPOSITION_H
#define EXPOSITION_H

#include <stdbool.h>
#include <stddef.h>

#include "parent/metrics/metrics.h"
#include "parent/sessions/endpoints.h"

/* All that is told; times are in seconds since 1970. */
struct figures {
	const struct endpoints *endpoints;
	const struct distribution *duration, *bytes;
	uint64_t started, reloaded, reload_succeeded;
	uint64_t max_children, listeners;
	uint64_t accept_errors, fork_errors, log_dropped, upgrades;
};

/* Writes all of it.  False with errno if it could not be written. */
bool exposition_write(int fd, const struct figures *);

#endif
