/* SPDX-License-Identifier: ISC */

/* Runs in the parent. */

#include "parent/log/events.h"

#include <inttypes.h>
#include <stdio.h>

#include <bsd/string.h>

#include "common/clock.h"
#include "parent/log/log.h"

enum {
	SECONDS_STRLEN = 32,
	WHO_STRLEN = 2 * ADDR_STRLEN + 8
};

/* "12.345" */
static const char *
seconds(int64_t span, char buf[SECONDS_STRLEN])
{
	(void)snprintf(buf, SECONDS_STRLEN, "%" PRId64 ".%03" PRId64,
	    span / SEC, span % SEC / MSEC);
	return buf;
}

static uint64_t
bytes_of(const struct board_line *line)
{
	return atomic_load_explicit(&line->bytes, memory_order_relaxed);
}

void
event_listening(const struct addr *addr)
{
	char name[ADDR_STRLEN];

	log_message(LOG_NOTICE, "listening on %s", addr_format(addr, name));
}

void
event_sandbox(enum sandbox sandbox)
{
	static const char *const names[] = {
	    [SANDBOX_OFF] = "off",
	    [SANDBOX_STRICT] = "strict",
	    [SANDBOX_FILTER] = "filter",
	};

	log_message(sandbox == SANDBOX_OFF ? LOG_WARNING : LOG_NOTICE,
	    "sandbox %s", names[sandbox]);
}

void
event_ready(void)
{
	log_message(LOG_NOTICE, "ready");
}

void
event_accepted(const struct child *child)
{
	char peer[ADDR_STRLEN];

	if (log_wants(LOG_DEBUG))
		log_message(LOG_DEBUG, "accepted %s pid=%d",
		    addr_format(&child->peer, peer), (int)child->pid);
}

static const char *
reason_name(enum reason reason)
{
	static const char *const names[] = {
	    [REASON_NONE] = "crashed",
	    [REASON_CLIENT] = "client",
	    [REASON_IDLE] = "idle",
	    [REASON_STALLED] = "stalled",
	    [REASON_RESET] = "reset",
	    [REASON_LIFETIME] = "lifetime",
	    [REASON_SHUTDOWN] = "shutdown",
	    [REASON_PROXY] = "proxy-header",
	    [REASON_SANDBOX] = "crashed",
	    [REASON_KILLED] = "killed",
	    [REASON_REFUSED] = "refused",
	    [REASON_CRASHED] = "crashed",
	};

	return names[reason];
}

/* "192.0.2.1:51234", or "203.0.113.9:4711 via 192.0.2.1:51234" */
static const char *
who(const struct child *child, const struct board_line *line,
    char buf[WHO_STRLEN])
{
	char peer[ADDR_STRLEN], name[ADDR_STRLEN];
	struct addr client;

	(void)addr_format(&child->peer, peer);
	if (board_client(line, &client))
		(void)snprintf(buf, WHO_STRLEN, "%s via %s",
		    addr_format(&client, name), peer);
	else
		(void)strlcpy(buf, peer, WHO_STRLEN);
	return buf;
}

void
event_closed(const struct child *child, const struct board_line *line,
    enum reason reason, int signo, int64_t now)
{
	bool crashed = reason == REASON_CRASHED;
	char name[WHO_STRLEN], duration[SECONDS_STRLEN], suffix[16] = "";

	if (crashed && signo != 0)
		(void)snprintf(suffix, sizeof suffix, " signal=%d", signo);
	if (reason == REASON_SANDBOX)
		log_errx("session %d could not be confined", (int)child->pid);
	log_message(crashed ? LOG_WARNING : LOG_INFO,
	    "closed %s pid=%d bytes=%" PRIu64 " duration=%s reason=%s%s",
	    who(child, line, name), (int)child->pid, bytes_of(line),
	    seconds(now - child->started, duration), reason_name(reason),
	    suffix);
}

void
event_status(const struct totals *totals)
{
	log_message(LOG_NOTICE,
	    "status children=%zu served=%" PRIu64 " refused=%" PRIu64
	    " bytes=%" PRIu64,
	    totals->children, totals->served, totals->refused, totals->bytes);
}

void
event_session(
    const struct child *child, const struct board_line *line, int64_t now)
{
	char name[WHO_STRLEN], duration[SECONDS_STRLEN];

	log_message(LOG_NOTICE,
	    "session %s pid=%d bytes=%" PRIu64 " duration=%s",
	    who(child, line, name), (int)child->pid, bytes_of(line),
	    seconds(now - child->started, duration));
}

void
event_reloaded(const char *file)
{
	log_message(LOG_NOTICE, "reloaded %s", file);
}

void
event_reload_failed(const char *why)
{
	log_errx("reload failed, settings unchanged: %s", why);
}

void
event_needs_restart(const char *key)
{
	log_warnx("%s has changed: restart to use it", key);
}

void
event_stopping(size_t children)
{
	log_message(LOG_NOTICE, "stopping children=%zu", children);
}

void
event_stopped(void)
{
	log_message(LOG_NOTICE, "stopped");
}
