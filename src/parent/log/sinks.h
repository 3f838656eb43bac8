/* SPDX-License-Identifier: ISC */

/*
 * Where lines of the log go: standard error, syslog or the journal.  None of
 * them is ever waited for.
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

/* Chooses and connects.  What LOG_TARGET_AUTO means is decided before. */
void sinks_open(enum log_target, enum log_format);

/* The facility of messages to syslog, as in syslog(3). */
void sinks_set_facility(int facility);

/* False if it could not be written at once. */
bool sinks_write(int level, const struct line_kind *, const struct fields *);

/*
 * Writes to standard error as well, unless it is written to anyway: so that
 * whoever starts the daemon sees why it does not start.
 */
void sinks_copy_to_stderr(
    int level, const struct line_kind *, const struct fields *);

/* Whether standard error is read by the journal, and that can be reached. */
bool sinks_stderr_is_journal(void);

#endif
