/* SPDX-License-Identifier: ISC */

#include "parent/exporter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "parent/log/log.h"
#include "parent/metrics/metrics_file.h"
#include "parent/server.h"
#include "parent/settings/command_line.h"

static bool
is_wanted(const struct server *server)
{
	return !server->command->inetd &&
	       strcmp(server->config.metrics_file, "none") != 0;
}

/* The operation that the log names when the file cannot be written. */
static const char *
operation(const char *path)
{
	char *text;

	if (asprintf(&text, "write %s", path) == -1)
		log_fatalx("out of memory");
	return text;
}

const char *
exporter_directory(const struct config *config, char buf[PATH_MAX])
{
	char *slash;

	(void)strlcpy(buf, config->metrics_file, PATH_MAX);
	slash = strrchr(buf, '/');
	if (slash == NULL)
		return NULL;
	slash[slash == buf] = '\0'; /* but keep "/" */
	return buf;
}

void
exporter_init(struct server *server)
{
	metrics_start(&server->metrics);
	timers_add(&server->timers, &server->exporter.next, exporter_write);
	if (!is_wanted(server))
		return;
	server->throttles.items[THROTTLED_METRICS].operation =
	    operation(server->config.metrics_file);
	timer_set(&server->exporter.next, 1); /* at once */
}

void
exporter_write(struct server *server, int64_t now)
{
	const struct metrics *metrics = &server->metrics;
	const struct figures figures = {
	    .endpoints = &server->endpoints,
	    .duration = &metrics->duration,
	    .bytes = &metrics->bytes,
	    .started = (uint64_t)metrics->started,
	    .reloaded = (uint64_t)metrics->reloaded,
	    .reload_succeeded = !metrics->reload_failed,
	    .max_children = (uint64_t)server->config.max_children,
	    .listeners = server->listeners.count,
	    .accept_errors = metrics->accept_errors,
	    .fork_errors = metrics->fork_errors,
	    .log_dropped = log_dropped(),
	    .upgrades = metrics->upgrades,
	};

	if (!is_wanted(server))
		return;
	if (!metrics_file_write(server->config.metrics_file, &figures))
		throttles_failed(
		    &server->throttles, THROTTLED_METRICS, errno, now);
	timer_set(
	    &server->exporter.next, now + server->config.metrics_interval);
}
