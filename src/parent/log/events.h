/* SPDX-License-Identifier: ISC */

/*
 * The log lines about the service and its sessions, one function each;
 * throttle.h has the throttled ones.  echod(8) describes the lines, and
 * programs read them: change them with care.
 */

#ifndef EVENTS_H
#define EVENTS_H

#include <stddef.h>
#include <stdint.h>

#include "child/sandbox.h"
#include "common/addr.h"
#include "common/report.h"
#include "parent/sessions/children.h"

struct totals {
	size_t children;  /* live now */
	uint64_t served;  /* sessions ever begun */
	uint64_t refused; /* clients ever refused */
	uint64_t bytes;   /* echoed, including by live sessions */
};

/* The name of a reason in the log and the metrics. */
const char *reason_name(enum reason);

void event_listening(const struct addr *);
void event_sandbox(
    enum sandbox, int landlock); /* landlock is its version, 0 = none */
void event_ready(void);
void event_accepted(const struct child *);

/* signo is the signal that killed the session, 0 = it exited. */
void event_closed(const struct child *, enum reason, int signo, int64_t now);
void event_status(const struct totals *);
void event_session(const struct child *, int64_t now);
void event_reloaded(const char *file);
void event_reload_failed(const char *why);
void event_needs_restart(const char *key);
void event_upgrading(const char *program);
void event_upgraded(const char *old_version, size_t children, int64_t duration);
void event_upgrade_failed(const char *why);
void event_stopping(size_t children);
void event_stopped(void);

#endif
