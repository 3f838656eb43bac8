/* SPDX-License-Identifier: ISC */

/*
 * Runs in the parent.  Signals are waited for as clients are, and everything
 * that is to happen later is a row of the table of timers, so there is one
 * place to wait.
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
#include "parent/sessions/proxied.h"

#define LOG_DELAY      SEC
#define STATUS_DELAY   SEC
#define WATCHDOG_RETRY (100 * MSEC)

/* ---- telling how it is -------------------------------------------------- */

/* All but the bytes of live sessions. */
static struct totals
count_totals(const struct server *server)
{
	return (struct totals){
	    .children = server->children.count,
	    .served = server->served,
	    .refused = server->refusals.total,
	    .bytes = server->bytes,
	};
}

static void
report(struct server *server, int64_t now)
{
	struct totals totals = count_totals(server);
	struct child *child = NULL;

	while ((child = children_next(&server->children, child)) != NULL)
		totals.bytes += children_line(&server->children, child)->bytes;
	event_status(&totals);
	while ((child = children_next(&server->children, child)) != NULL)
		event_session(
		    child, children_line(&server->children, child), now);
}

static void
notify_status(struct server *server, int64_t now)
{
	struct totals totals = count_totals(server);

	(void)now;
	(void)notify_send_idle(&server->notify,
	    "STATUS=%zu sessions, %" PRIu64 " served, %" PRIu64 " refused",
	    totals.children, totals.served, totals.refused);
	server->told = totals;
}

static bool
has_news(const struct server *server)
{
	struct totals totals = count_totals(server);

	return server->notify.fd != -1 &&
	       memcmp(&totals, &server->told, sizeof totals) != 0;
}

static void
notify_watchdog(struct server *server, int64_t now)
{
	bool sent = notify_send_idle(&server->notify, "WATCHDOG=1");

	server->due[TIMER_WATCHDOG] =
	    now + (sent ? server->notify.watchdog : WATCHDOG_RETRY);
}

/* ---- timers ------------------------------------------------------------- */

static void
accept_again(struct server *server, int64_t now)
{
	(void)server; /* the timer being off lets clients in again */
	(void)now;
}

static void
accept_trouble_over(struct server *server, int64_t now)
{
	if (trouble_period_over(&server->accept_trouble))
		server->due[TIMER_ACCEPT_TROUBLE] = now + TROUBLE_PERIOD * SEC;
}

static void
fork_trouble_over(struct server *server, int64_t now)
{
	if (trouble_period_over(&server->fork_trouble))
		server->due[TIMER_FORK_TROUBLE] = now + TROUBLE_PERIOD * SEC;
}

static void
refusals_over(struct server *server, int64_t now)
{
	(void)now;
	refusals_flush(&server->refusals);
}

static void
flush_log(struct server *server, int64_t now)
{
	(void)server;
	(void)now;
	(void)log_flush();
}

static void (*const timers[NTIMERS])(struct server *, int64_t now) = {
    [TIMER_ACCEPT] = accept_again,
    [TIMER_FORK] = acceptor_retry,
    [TIMER_ACCEPT_TROUBLE] = accept_trouble_over,
    [TIMER_FORK_TROUBLE] = fork_trouble_over,
    [TIMER_REFUSALS] = refusals_over,
    [TIMER_SWEEP] = reap_any,
    [TIMER_PROXIED] = proxied_look,
    [TIMER_LOG] = flush_log,
    [TIMER_STATUS] = notify_status,
    [TIMER_WATCHDOG] = notify_watchdog,
    [TIMER_DRAIN] = drain_remind,
    [TIMER_DEADLINE] = drain_end,
};

static void
run_timers(struct server *server, int64_t now)
{
	for (int i = 0; i < NTIMERS; i++)
		if (server->due[i] != 0 && server->due[i] <= now) {
			server->due[i] = 0;
			timers[i](server, now);
		}
}

/* Timers that are set because of what there is to tell. */
static void
set_timers(struct server *server, int64_t now)
{
	if (server->due[TIMER_LOG] == 0 && log_is_behind())
		server->due[TIMER_LOG] = now + LOG_DELAY;
	if (server->due[TIMER_STATUS] == 0 && has_news(server))
		server->due[TIMER_STATUS] = now + STATUS_DELAY;
}

/* When the next timer is due, INT64_MAX if none is. */
static int64_t
next_due(const struct server *server)
{
	int64_t next = INT64_MAX;

	for (int i = 0; i < NTIMERS; i++)
		if (server->due[i] != 0 && server->due[i] < next)
			next = server->due[i];
	return next;
}

/* ---- signals ------------------------------------------------------------ */

static void
stop(struct server *server, int64_t now)
{
	if (server->stopping)
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
    {SIGUSR1, report},
    {SIGTERM, stop},
    {SIGINT, stop},
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

/* Waits for a signal (the first that is polled), a client or a timer. */
static void
wait_for_work(struct server *server, struct pollfd *polled, int64_t now)
{
	static const struct timespec moment = {.tv_nsec = 100 * MSEC};
	size_t count = 1 + server->listeners.count;
	int64_t next = next_due(server);
	struct timespec timeout = clock_timespec(next > now ? next - now : 0);
	bool open = acceptor_is_open(server);

	polled[0] = (struct pollfd){.fd = signals_fd(), .events = POLLIN};
	for (size_t i = 0; i < server->listeners.count; i++)
		polled[1 + i] = (struct pollfd){
		    .fd = open ? server->listeners.items[i].fd : -1,
		    .events = POLLIN};
	int ready =
	    ppoll(polled, count, next == INT64_MAX ? NULL : &timeout, NULL);
	if (ready == -1 && errno == ENOMEM) /* for so many listeners */
		(void)ppoll(polled, 1, &moment, NULL);
	else if (ready == -1 && errno != EINTR)
		log_fatal("cannot wait");
}

static void
take_clients(struct server *server, const struct pollfd *polled)
{
	for (size_t i = 0; i < server->listeners.count; i++)
		if (polled[1 + i].revents != 0)
			acceptor_accept(server, &server->listeners.items[i]);
}

void
server_init(struct server *server)
{
	server->pid = getpid();
	server->pending_fd = -1;
	TAILQ_INIT(&server->unnamed);
	server->accept_trouble.what = "accept";
	server->fork_trouble.what = "fork";
	if (!children_init(&server->children) ||
	    !sources_init(&server->sources))
		log_fatal("no memory for the tables");
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
	    calloc(server->listeners.count + 1, sizeof *polled);
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
		if (polled[0].revents != 0)
			act_on_signals(server, now);
		run_timers(server, now);
	}
	refusals_flush(&server->refusals);
	free(polled);
}
