/* SPDX-License-Identifier: ISC */

/*
 * The log: one line a message, to standard error, syslog or the journal.
 *
 * Logging never waits.  A line that cannot be written at once is dropped and
 * counted, and the next line that gets through is preceded by one that tells
 * how many are missing.  Sessions do not log: the parent does it for them.
 */

#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <syslog.h>

#include "parent/log/lines.h"
#include "parent/log/sinks.h"

/*
 * What LOG_TARGET_AUTO means: the journal if standard error is read by it,
 * else standard error if the daemon is attached to it, else syslog.
 */
enum log_target log_choose(bool attached);

/*
 * Sees what standard error is, before the first message.  Where a client is on
 * it, nothing is written to it, and messages go to syslog.
 */
void log_start(bool stderr_is_client);

/*
 * Opens the log.  Before this, and until log_ready() for errors, messages go
 * to standard error, where whoever starts the daemon sees them.  The target
 * is not LOG_TARGET_AUTO; the format is that of standard error.
 */
void log_open(enum log_target, enum log_format);

/* Chooses the least important priority to log, and the facility. */
void log_configure(int level, int facility);

/* The start is over: standard error is not for syslog's errors any more. */
void log_ready(void);

/* Whether a message of this priority would be logged. */
bool log_wants(int priority);

/* Logs one of the kinds of lines with the values that it has. */
void log_line(enum line, const struct fields *);

void log_message(int priority, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * The same at LOG_ERR and LOG_WARNING.  As in err(3), the ones without an x
 * append ": " and the text of errno.
 */
void log_err(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_errx(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warnx(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Log at LOG_ERR and exit with status 1. */
_Noreturn void
log_fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void
log_fatalx(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * The same for settings that are no good, with status EX_CONFIG: a service
 * manager need not try again before they are changed.
 */
_Noreturn void
log_fatal_config(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Sets a function that log_fatal() and the like call with the message and the
 * exit status before the program ends; error is errno, or 0 from those that do
 * not append it.
 */
void log_on_fatal(void (*tell)(const char *message, int error, int status));

/* Whether messages were dropped that have not been reported. */
bool log_is_behind(void);

/* Tries to report them.  Returns whether none is left to report. */
bool log_flush(void);

/* How many messages were dropped since the start. */
uint64_t log_dropped(void);

/* How many of them have not been reported. */
uint64_t log_unreported(void);

/* Goes on with the counts of another program. */
void log_resume(uint64_t dropped, uint64_t unreported);

#endif
