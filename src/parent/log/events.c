/* SPDX-License-Identifier: ISC */

#include "parent/log/events.h"

#include "parent/log/log.h"
#include "parent/sessions/endpoints.h"

static uint64_t
bytes_of(const struct child *child)
{
	return child->counted ? child->bytes : BYTES_UNKNOWN;
}

void
event_listening(const struct addr *addr)
{
	char name[ADDR_STRLEN];

	log_line(LINE_LISTENING,
	    &(struct fields){.address = addr_format(addr, name)});
}

void
event_sandbox(enum sandbox sandbox, int landlock)
{
	static const char *const names[] = {
	    [SANDBOX_OFF] = "off",
	    [SANDBOX_STRICT] = "strict",
	    [SANDBOX_FILTER] = "filter",
	};

	log_line(LINE_SANDBOX,
	    &(struct fields){.sandbox = names[sandbox],
		.landlock = (uint64_t)landlock,
		.level = sandbox == SANDBOX_OFF ? LOG_WARNING : LOG_NOTICE});
}

void
event_ready(void)
{
	log_line(LINE_READY, &(struct fields){0});
}

const char *
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

/*
 * The fields that all lines about a session have, and the names they point to.
 */
struct session_line {
	struct fields fields;
	struct client_name client, proxy;
};

static void
describe(struct session_line *l, const struct child *child)
{
	l->fields = (struct fields){.client = &l->client,
	    .pid = (uint64_t)child->pid,
	    .listener = child->endpoint->name};
	if (child->named) {
		client_name(&l->client, &child->client);
		client_name(&l->proxy, &child->peer);
		l->fields.proxy = &l->proxy;
	} else {
		client_name(&l->client, &child->peer);
	}
}

void
event_accepted(const struct child *child)
{
	struct session_line l;

	if (!log_wants(LOG_DEBUG))
		return;
	describe(&l, child);
	log_line(LINE_ACCEPTED, &l.fields);
}

void
event_closed(
    const struct child *child, enum reason reason, int signo, int64_t now)
{
	struct session_line l;

	describe(&l, child);
	if (reason == REASON_SANDBOX)
		log_line(LINE_UNCONFINED, &l.fields);
	l.fields.bytes = bytes_of(child);
	l.fields.duration = now - child->started;
	l.fields.reason = reason_name(reason);
	if (reason == REASON_CRASHED) {
		l.fields.level = LOG_WARNING;
		l.fields.signal = (uint64_t)signo;
	}
	log_line(LINE_CLOSED, &l.fields);
}

void
event_session(const struct child *child, int64_t now)
{
	struct session_line l;

	describe(&l, child);
	l.fields.bytes = bytes_of(child);
	l.fields.duration = now - child->started;
	log_line(LINE_SESSION, &l.fields);
}

void
event_status(const struct totals *totals)
{
	log_line(LINE_STATUS, &(struct fields){.children = totals->children,
				  .served = totals->served,
				  .refused = totals->refused,
				  .total_bytes = totals->bytes});
}

void
event_reloaded(const char *file)
{
	log_line(LINE_RELOADED, &(struct fields){.file = file});
}

void
event_reload_failed(const char *why)
{
	log_line(LINE_RELOAD_FAILED, &(struct fields){.error = why});
}

void
event_needs_restart(const char *key)
{
	log_line(LINE_NEEDS_RESTART, &(struct fields){.key = key});
}

void
event_upgrading(const char *program)
{
	log_line(LINE_UPGRADING, &(struct fields){.program = program});
}

void
event_upgraded(const char *old_version, size_t children, int64_t duration)
{
	log_line(LINE_UPGRADED, &(struct fields){.old_version = old_version,
				    .new_version = VERSION,
				    .children = children,
				    .duration = duration});
}

void
event_upgrade_failed(const char *why)
{
	log_line(LINE_UPGRADE_FAILED,
	    &(struct fields){.old_version = VERSION, .error = why});
}

void
event_stopping(size_t children)
{
	log_line(LINE_STOPPING, &(struct fields){.children = children});
}

void
event_stopped(void)
{
	log_line(LINE_STOPPED, &(struct fields){0});
}
