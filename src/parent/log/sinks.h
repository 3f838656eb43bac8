/* SPDX-License-Identifier: ISC */

/*
 * Writes log lines to standard error, syslog or the journal, without waiting.
 */

#ifndef SINKS_H
#define SINKS_H

#include <stdbool.h>

#include "parent/log/lines.h"

enum log_target {
	LOG_TARGET_AUTO, /* see log_choose() */
	LOG_TARGET_STDERR,
	LOG_TARGET_SYSLOG,
	LOG_TARGET_JOURNAL
};

enum log_format {
	LOG_FORMAT_TEXT,
	LOG_FORMAT_JSON
};

/* See log_start(). */
void sinks_start(bool stderr_is_client);

/* Selects the target and connects to it.  It is not LOG_TARGET_AUTO. */
void sinks_open(enum log_target, enum log_format);

/* The facility of messages to syslog, as in syslog(3). */
void sinks_set_facility(int facility);

/* False if it could not be written at once. */
bool sinks_write(int level, const struct line_kind *, const struct fields *);

/*
 * Copies the line to standard error, unless that is the target, so that the
 * user who starts the daemon sees why it does not start.
 */
void sinks_copy_to_stderr(
    int level, const struct line_kind *, const struct fields *);

/*
 * Whether the journal reads standard error, and its socket can be connected to.
 */
bool sinks_stderr_is_journal(void);

#endif
