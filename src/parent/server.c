/* SPDX-License-Identifier: ISC */

/*
 * Runs in the parent.  One ppoll(2) waits for signals, clients and reports, and
 * every later action has a timer, so there is one place to wait.
 */

#include "parent/server.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/signals.h"
#include "parent/acceptor.h"
#include "parent/drain.h"
#include "parent/log/events.h"
#include "parent/log/log.h"
#include "parent/process/memory.h"
#include "parent/reaper.h"
#include "parent/reload.h"
#include "parent/reports.h"

#define LOG_DELAY      SEC
#define STATUS_DELAY   SEC
#define WATCHDOG_RETRY (100 * MSEC)

/* ---- the service manager ------------------------------------------------ */

static void
notify_status(struct server *server, int64_t now)
{
	struct totals totals = status_totals(server);

	(void)now;
	(void)notify_send_idle(&server->notify,
	    "STATUS=%zu sessions, %" PRIu64 " served, %" PRIu64 " refused",
	    totals.children, totals.served, totals.refused);
	server->last_told = totals;
}

static bool
has_news(const struct server *server)
{
	struct totals totals = status_totals(server);

	return server->notify.fd != -1 &&
	       memcmp(&totals, &server->last_told, sizeof totals) != 0;
}

static void
notify_watchdog(struct server *server, int64_t now)
{
	bool sent = notify_send_idle(&server->notify, "WATCHDOG=1");

	timer_set(&server->watchdog,
	    now + (sent ? server->notify.watchdog : WATCHDOG_RETRY));
}

/* ---- timers ------------------------------------------------------------- */

static void
flush_log(struct server *server, int64_t now)
{
	(void)server;
	(void)now;
	(void)log_flush();
}

/* Does nothing: while the timer was set the loop did not poll something. */
static void
poll_again(struct server *server, int64_t now)
{
	(void)server;
	(void)now;
}

static void
kills_due(struct server *server, int64_t now)
{
	kills_go_on(&server->kills, now);
}

static void
limits_due(struct server *server, int64_t now)
{
	limits_go_on(&server->limits, now);
}

static void
headers_due(struct server *server, int64_t now)
{
	proxied_go_on(&server->proxied, now);
}

static void
census_due(struct server *server, int64_t now)
{
	if (census_go_on(&server->census, now))
		status_tell(server, now);
}

static void
throttles_due(struct server *server, int64_t now)
{
	throttles_go_on(&server->throttles, now);
}

static void
add_timers(struct server *server)
{
	struct timers *timers = &server->timers;

	LIST_INIT(timers);
	timers_add(timers, &server->log_behind, flush_log);
	timers_add(timers, &server->manager_news, notify_status);
	timers_add(timers, &server->watchdog, notify_watchdog);
	timers_add(timers, &server->inbox.rest, poll_again);
	timers_add(timers, &server->acceptor.accept_again, poll_again);
	timers_add(timers, &server->kills.grace, kills_due);
	timers_add(timers, &server->limits.turn, limits_due);
	timers_add(timers, &server->proxied.deadline, headers_due);
	timers_add(timers, &server->census.turn, census_due);
	timers_add(timers, &server->throttles.over, throttles_due);
}

/* Sets the timers for messages that are due. */
static void
set_timers(struct server *server, int64_t now)
{
	if (log_is_behind())
		timer_arm(&server->log_behind, now + LOG_DELAY);
	if (has_news(server))
		timer_arm(&server->manager_news, now + STATUS_DELAY);
}

/* ---- signals ------------------------------------------------------------ */

static void
stop(struct server *server, int64_t now)
{
	if (server->drain.stopping)
		drain_end(server, now);
	else
		drain_start(server, now);
}

static const struct {
	int signo;
	void (*act)(struct server *, int64_t now);
} actions[] = {
    {SIGCHLD, reap},
    {SIGHUP, reload},
    {SIGUSR1, status_request},
    {SIGTERM, stop},
    {SIGINT, stop},
    {SIGUSR2, upgrade_request},
    {SIGCHLD, upgrade_check},
};

static void
act_on_signals(struct server *server, int64_t now)
{
	sigset_t came;

	signals_receive(&came);
	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
		if (sigismember(&came, actions[i].signo))
			actions[i].act(server, now);
}

/* ---- the loop ----------------------------------------------------------- */

/*
 * ppoll(2) has failed for lack of memory, or because RLIMIT_NOFILE, which
 * another process of this user may have lowered, is below the number of
 * descriptors.  After a pause the loop treats all of them as ready; no read
 * from them blocks.
 */
static void
wait_a_moment(struct pollfd *polled, size_t count)
{
	static const struct timespec moment = {.tv_nsec = 100 * MSEC};

	(void)ppoll(NULL, 0, &moment, NULL);
	for (size_t i = 0; i < count; i++)
		polled[i].revents = polled[i].fd == -1 ? 0 : POLLIN;
}

/* The entries of the poll set; the listeners follow from the last on. */
enum {
	POLLED_SIGNALS,
	POLLED_REPORTS,
	POLLED_LISTENERS
};

static void
wait_for_work(struct server *server, struct pollfd *polled, int64_t now)
{
	size_t count = POLLED_LISTENERS + server->listeners.count;
	int64_t next = timers_next(&server->timers);
	struct timespec timeout = clock_timespec(next > now ? next - now : 0);
	bool open = acceptor_is_open(server);

	polled[POLLED_SIGNALS] =
	    (struct pollfd){.fd = signals_fd(), .events = POLLIN};
	polled[POLLED_REPORTS] = (struct pollfd){
	    .fd = reports_are_awaited(server) ? server->inbox.receiving : -1,
	    .events = POLLIN};
	for (size_t i = 0; i < server->listeners.count; i++)
		polled[POLLED_LISTENERS + i] = (struct pollfd){
		    .fd = open ? server->listeners.items[i].fd : -1,
		    .events = POLLIN};
	int ready =
	    ppoll(polled, count, next == INT64_MAX ? NULL : &timeout, NULL);
	if (ready == -1 && (errno == ENOMEM || errno == EINVAL))
		wait_a_moment(polled, count);
	else if (ready == -1 && errno != EINTR)
		log_fatal("cannot wait");
}

static void
take_clients(struct server *server, const struct pollfd *polled)
{
	struct listeners *listeners = &server->listeners;
	size_t ready = 0;

	for (size_t i = 0; i < listeners->count; i++)
		ready += polled[POLLED_LISTENERS + i].revents != 0;
	for (size_t i = 0; i < listeners->count; i++)
		if (polled[POLLED_LISTENERS + i].revents != 0)
			(void)acceptor_accept(
			    server, &listeners->items[i], ready);
}

void
server_name_endpoints(struct server *server)
{
	struct listeners *listeners = &server->listeners;
	char name[ADDR_STRLEN];

	for (size_t i = listeners->count; i-- > 0;) {
		struct listener *listener = &listeners->items[i];
		listener->endpoint = endpoints_get(
		    &server->endpoints, listener_name(listener, name));
		if (listener->endpoint == NULL) {
			log_errx("no room to count for %s", name);
			listener_close(listeners, i);
		}
	}
}

void
server_init(struct server *server)
{
	server->pid = getpid();
	add_timers(server);
	acceptor_init(server);
	reaper_init(server);
	kills_init(&server->kills, &server->children);
	limits_init(&server->limits, &server->children, &server->kills);
	proxied_init(&server->proxied, &server->kills);
	census_init(&server->census, &server->children);
	status_init(server);
	drain_init(server);
	throttles_init(&server->throttles);
	exporter_init(server);
	upgrade_init(server);
	retire_init(server);
	if (!children_init(&server->children) ||
	    !sources_init(&server->sources) ||
	    /* In inetd mode there is an endpoint without a listener. */
	    !endpoints_init(&server->endpoints, server->listeners.count + 1))
		log_fatal("no memory for the tables");
	server_name_endpoints(server);
	if (!inbox_open(&server->inbox))
		log_fatal("cannot open a socket for reports");
	memory_hide_heap();
}

static bool
is_needed(const struct server *server)
{
	return server->listeners.count > 0 || server->children.count > 0;
}

void
server_run(struct server *server)
{
	struct pollfd *polled =
	    calloc(POLLED_LISTENERS + server->listeners.count, sizeof *polled);
	int64_t now = clock_now();

	if (polled == NULL)
		log_fatalx("out of memory");
	notify_status(server, now);
	if (server->notify.watchdog != 0)
		notify_watchdog(server, now);
	while (is_needed(server)) {
		set_timers(server, now);
		wait_for_work(server, polled, now);
		take_clients(server, polled);
		now = clock_now();
		if (polled[POLLED_REPORTS].revents != 0)
			(void)reaper_receive(server, now);
		if (polled[POLLED_SIGNALS].revents != 0)
			act_on_signals(server, now);
		timers_run(&server->timers, server, now);
	}
	exporter_write(server, now);
	throttles_end(&server->throttles, now);
	free(polled);
}
