/* SPDX-License-Identifier: ISC */

/*
 * The server: the state of the listening parent, and its loop, which waits,
 * accepts, reaps, reloads and stops.  Each module below keeps its part of the
 * state, including its timers.
 *
 * The work between two polls is bounded, whatever the number of sessions and
 * whatever they do: code that walks through sessions, clients or reports stops
 * after a batch (CHILDREN_BATCH, or less where a step costs more) and sets a
 * timer to continue in the next turn.
 */

#ifndef SERVER_H
#define SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "child/sandbox.h"
#include "parent/acceptor.h"
#include "parent/drain.h"
#include "parent/exporter.h"
#include "parent/log/events.h"
#include "parent/metrics/metrics.h"
#include "parent/reaper.h"
#include "parent/reports.h"
#include "parent/sessions/census.h"
#include "parent/sessions/children.h"
#include "parent/sessions/endpoints.h"
#include "parent/sessions/inbox.h"
#include "parent/sessions/kills.h"
#include "parent/sessions/limits.h"
#include "parent/sessions/proxied.h"
#include "parent/sessions/sources.h"
#include "parent/settings/config.h"
#include "parent/sockets/listener.h"
#include "parent/sockets/systemd.h"
#include "parent/status.h"
#include "parent/throttles.h"
#include "parent/timers.h"
#include "parent/upgrade/retire.h"
#include "parent/upgrade/upgrade.h"

struct server {
	const struct command_line *command;
	struct config config;
	struct listeners listeners;
	struct notify notify;
	enum sandbox sandbox;
	pid_t pid; /* of this process */

	struct timers timers;
	struct timer log_behind;   /* reports dropped messages */
	struct timer manager_news; /* sends the totals to the service manager */
	struct timer watchdog;
	struct totals last_told; /* last sent to the service manager */

	struct children children;
	struct sources sources;
	struct endpoints endpoints;
	uint64_t served;  /* sessions ever begun */
	uint64_t refused; /* clients ever refused */
	uint64_t bytes;   /* echoed, as reported */

	struct acceptor acceptor;
	struct inbox inbox;
	struct reports reports;
	struct reaper reaper;
	struct kills kills;
	struct limits limits;
	struct proxied proxied;
	struct census census;
	struct status status;
	struct drain drain;
	struct upgrade upgrade;
	struct retire retire;
	struct exporter exporter;
	struct metrics metrics;
	struct throttles
	    throttles; /* last, because it is large and seldom written */
};

/*
 * Initializes all but listeners, notify and config, which the caller has set.
 */
void server_init(struct server *);

/*
 * Gives each listener its endpoint; closes listeners for which the table has no
 * room.
 */
void server_name_endpoints(struct server *);

/*
 * Runs the loop until the stop, or in inetd mode without listeners, and until
 * the last session has ended.
 */
void server_run(struct server *);

#endif
