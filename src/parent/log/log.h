/* SPDX-License-Identifier: ISC */

/*
 * The log: one line a message, to standard error, syslog or the journal.
 *
 * Logging never waits.  A line that cannot be written at once is dropped and
 * counted; once a line can be written, one that reports the number of dropped
 * messages comes before it.  Sessions do not log: the parent does it for them.
 */

#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <syslog.h>

#include "parent/log/lines.h"
#include "parent/log/sinks.h"

/*
 * Resolves LOG_TARGET_AUTO: the journal if it reads standard error, else
 * standard error if the daemon is attached, else syslog.
 */
enum log_target log_choose(bool attached);

/*
 * Examines standard error; call it before the first message.  If standard error
 * is a client's socket, nothing is written to it: messages go to syslog.
 */
void log_start(bool stderr_is_client);

/*
 * Opens the log.  Messages before this go to standard error, and so do copies
 * of errors until log_ready(), for the user who starts the daemon.  The target
 * is not LOG_TARGET_AUTO; the format applies to standard error.
 */
void log_open(enum log_target, enum log_format);

/*
 * Sets the level, the least important priority that is logged, and the
 * facility.
 */
void log_configure(int level, int facility);

/* The start is over: errors are no longer copied to standard error. */
void log_ready(void);

/* Whether a message of this priority would be logged. */
bool log_wants(int priority);

/* Logs a line of that kind with these values. */
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
 * The same for wrong settings, with status EX_CONFIG, which tells a service
 * manager that a restart cannot help.
 */
_Noreturn void
log_fatal_config(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Sets the function that log_fatal() and the like call before they exit, with
 * the message and the exit status; error is errno, or 0 where none is appended.
 */
void log_on_fatal(void (*tell)(const char *message, int error, int status));

/* Whether there are dropped messages that no line has reported. */
bool log_is_behind(void);

/* Tries to log that line.  Returns whether none is left to report. */
bool log_flush(void);

/* How many messages were dropped since the start. */
uint64_t log_dropped(void);

/* How many of them have not been reported. */
uint64_t log_unreported(void);

/* After an upgrade: continues the counts of the old program. */
void log_resume(uint64_t dropped, uint64_t unreported);

#endif
