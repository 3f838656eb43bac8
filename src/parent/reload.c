/* SPDX-License-Identifier: ISC */

/*
 * Runs in the parent.  The new configuration is read aside and takes the
 * place of the old one only when it is good as a whole.  Sessions keep the
 * settings they began with.
 */

#include "parent/reload.h"

#include <inttypes.h>

#include "common/clock.h"
#include "parent/log/events.h"
#include "parent/log/log.h"
#include "parent/process/memory.h"

void
reload(struct server *server, int64_t now)
{
	struct config fresh;
	struct config_error error;
	bool usage;

	if (server->stopping)
		return;
	(void)notify_send(&server->notify,
	    "RELOADING=1\nMONOTONIC_USEC=%" PRId64, now / USEC);
	if (config_load(&fresh, server->command, &error, &usage)) {
		config_keep_fixed(&server->config, &fresh, event_needs_restart);
		config_free(&server->config);
		server->config = fresh;
		log_configure((int)fresh.log_level, (int)fresh.log_facility);
		(void)listeners_configure(&server->listeners, &server->config);
		memory_hide_heap(); /* which may have grown */
		event_reloaded(server->command->file);
	} else {
		event_reload_failed(error.text);
	}
	(void)notify_send(&server->notify, "READY=1");
}
