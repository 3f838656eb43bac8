/* SPDX-License-Identifier: ISC */

/*
 * Runs in the parent.  The new configuration is read into a second struct,
 * which replaces the first only if all of it is valid.  Sessions keep the
 * settings that they began with.
 */

#include "parent/reload.h"

#include <inttypes.h>

#include "common/clock.h"
#include "parent/log/client_names.h"
#include "parent/log/events.h"
#include "parent/log/log.h"
#include "parent/process/memory.h"
#include "parent/server.h"
#include "parent/settings/command_line.h"

void
apply_log_settings(const struct config *config)
{
	log_configure((int)config->log_level, (int)config->log_facility);
	client_names_configure((enum log_clients)config->log_clients,
	    (unsigned)config->source_prefix_v4,
	    (unsigned)config->source_prefix_v6);
}

void
reload(struct server *server, int64_t now)
{
	struct config fresh;
	struct config_error error;

	if (server->drain.stopping)
		return;
	(void)notify_send(&server->notify,
	    "RELOADING=1\nMONOTONIC_USEC=%" PRId64, now / USEC);
	if (config_load(&fresh, server->command, &error)) {
		config_keep_fixed(&server->config, &fresh, event_needs_restart);
		config_free(&server->config);
		server->config = fresh;
		server->upgrade.reloaded = true;
		apply_log_settings(&fresh);
		(void)listeners_configure(&server->listeners, &server->config);
		memory_hide_heap(); /* the heap may have grown */
		metrics_reloaded(&server->metrics, true);
		event_reloaded(server->command->file);
	} else {
		metrics_reloaded(&server->metrics, false);
		event_reload_failed(error.text);
	}
	(void)notify_send(&server->notify, "READY=1");
}
