/* SPDX-License-Identifier: ISC */

#include "parent/log/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "parent/log/record.h"
#include "parent/log/sinks.h"

static struct {
	bool started;
	int level;
	uint64_t unreported; /* dropped messages that no line has reported */
	uint64_t dropped;    /* all dropped messages */
	void (*last_words)(const char *message, int error, int status);
} state = {
    .level = LOG_INFO,
};

bool
log_is_behind(void)
{
	return state.unreported != 0;
}

bool
log_flush(void)
{
	const struct line_kind *kind = &line_kinds[LINE_DROPPED];
	struct fields fields = {.count = state.unreported};

	if (!log_is_behind())
		return true;
	if (!sinks_write(kind->level, kind, &fields))
		return false;
	state.unreported = 0;
	return true;
}

uint64_t
log_unreported(void)
{
	return state.unreported;
}

void
log_resume(uint64_t dropped, uint64_t unreported)
{
	state.dropped += dropped;
	state.unreported += unreported;
}

uint64_t
log_dropped(void)
{
	return state.dropped;
}

void
log_line(enum line line, const struct fields *fields)
{
	const struct line_kind *kind = &line_kinds[line];
	int level = fields->level != 0 ? fields->level : kind->level;

	if (!log_wants(level))
		return;
	if (!state.started && level <= LOG_ERR)
		sinks_copy_to_stderr(level, kind, fields);
	if (!log_flush() || !sinks_write(level, kind, fields)) {
		state.unreported++;
		state.dropped++;
	}
}

/*
 * Formats the message into buf, with the text of error appended unless it is 0.
 */
static void __attribute__((format(printf, 3, 0)))
compose(char buf[RECORD_TEXT_MAX], int error, const char *format, va_list ap)
{
	int length = vsnprintf(buf, RECORD_TEXT_MAX, format, ap);

	if (error != 0 && length >= 0 && length < RECORD_TEXT_MAX)
		(void)snprintf(buf + length, RECORD_TEXT_MAX - (size_t)length,
		    ": %s", strerror(error));
}

static void
emit(int priority, const char *message)
{
	log_line(LINE_MESSAGE,
	    &(struct fields){.level = priority, .message = message});
}

static void __attribute__((format(printf, 3, 0)))
vlog(int priority, int error, const char *format, va_list ap)
{
	char message[RECORD_TEXT_MAX];

	if (!log_wants(priority))
		return;
	compose(message, error, format, ap);
	emit(priority, message);
}

static _Noreturn void
end(int status, int error, const char *message)
{
	emit(LOG_ERR, message);
	if (state.last_words != NULL)
		state.last_words(message, error, status);
	exit(status);
}

void
log_message(int priority, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vlog(priority, 0, format, ap);
	va_end(ap);
}

void
log_err(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vlog(LOG_ERR, errno, format, ap);
	va_end(ap);
}

void
log_errx(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vlog(LOG_ERR, 0, format, ap);
	va_end(ap);
}

void
log_warn(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vlog(LOG_WARNING, errno, format, ap);
	va_end(ap);
}

void
log_warnx(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vlog(LOG_WARNING, 0, format, ap);
	va_end(ap);
}

void
log_fatal(const char *format, ...)
{
	char message[RECORD_TEXT_MAX];
	int error = errno;
	va_list ap;

	va_start(ap, format);
	compose(message, error, format, ap);
	va_end(ap);
	end(EXIT_FAILURE, error, message);
}

void
log_fatalx(const char *format, ...)
{
	char message[RECORD_TEXT_MAX];
	va_list ap;

	va_start(ap, format);
	compose(message, 0, format, ap);
	va_end(ap);
	end(EXIT_FAILURE, 0, message);
}

void
log_fatal_config(const char *format, ...)
{
	char message[RECORD_TEXT_MAX];
	va_list ap;

	va_start(ap, format);
	compose(message, 0, format, ap);
	va_end(ap);
	end(EX_CONFIG, 0, message);
}

void
log_on_fatal(void (*tell)(const char *message, int error, int status))
{
	state.last_words = tell;
}

void
log_start(bool stderr_is_client)
{
	state.started = stderr_is_client;
	sinks_start(stderr_is_client);
}

enum log_target
log_choose(bool attached)
{
	if (sinks_stderr_is_journal())
		return LOG_TARGET_JOURNAL;
	return attached ? LOG_TARGET_STDERR : LOG_TARGET_SYSLOG;
}

void
log_open(enum log_target target, enum log_format format)
{
	sinks_open(target, format);
}

void
log_configure(int level, int facility)
{
	state.level = level;
	sinks_set_facility(facility);
}

void
log_ready(void)
{
	state.started = true;
}

bool
log_wants(int priority)
{
	return priority <= state.level;
}
