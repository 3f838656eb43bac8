/* SPDX-License-Identifier: ISC */

/* Runs in the parent. */

#include "parent/events.h"

#include <inttypes.h>
#include <signal.h>

#include "common/clock.h"
#include "common/log.h"

enum {
	SECONDS_STRLEN = 32
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
reason_name(const struct child *child, enum reason reason)
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
	};

	if (reason == REASON_NONE && child->killed)
		return "killed";
	/* The board is written by the session: anything may stand there. */
	return (size_t)reason < sizeof names / sizeof *names ? names[reason]
							     : "crashed";
}

void
event_closed(const struct child *child, const struct board_line *line,
    struct ending ending, int64_t now)
{
	const char *reason = reason_name(child, ending.reason);
	bool crashed = ending.reason == REASON_NONE && !child->killed;
	char peer[ADDR_STRLEN], duration[SECONDS_STRLEN], signo[16] = "";

	if (crashed && ending.signo != 0)
		(void)snprintf(signo, sizeof signo, " signal=%d", ending.signo);
	if (ending.reason == REASON_SANDBOX)
		log_message(LOG_ERR, "session %d could not be confined",
		    (int)child->pid);
	log_message(crashed ? LOG_WARNING : LOG_INFO,
	    "closed %s pid=%d bytes=%" PRIu64 " duration=%s reason=%s%s",
	    addr_format(&child->peer, peer), (int)child->pid, bytes_of(line),
	    seconds(now - child->started, duration), reason, signo);
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
	char peer[ADDR_STRLEN], duration[SECONDS_STRLEN];

	log_message(LOG_NOTICE,
	    "session %s pid=%d bytes=%" PRIu64 " duration=%s",
	    addr_format(&child->peer, peer), (int)child->pid, bytes_of(line),
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
	log_message(LOG_ERR, "reload failed, settings unchanged: %s", why);
}

void
event_needs_restart(const char *key)
{
	log_message(LOG_WARNING, "%s has changed: restart to use it", key);
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
