/* SPDX-License-Identifier: ISC */

/*
 * syslog(3) blocks when the log daemon stalls, and shares its descriptor with
 * nobody's knowledge; so the datagram is sent from here, without waiting.
 */

#include "parent/log/log.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bsd/string.h>

enum {
	MESSAGE_MAX = 800, /* syslog daemons cut lines at 1024 bytes */
	LINE_SIZE = 1024,
	STAMP_SIZE = 16
};

static struct {
	bool to_syslog;
	bool starting; /* errors go to standard error as well */
	bool journal;  /* standard error is read by journald */
	int level;
	int facility;
	int fd; /* syslog's socket, -1 = not connected */
	int stderr_fd;
	uint64_t dropped;
	void (*last_words)(const char *message, int error);
} state = {
    .starting = true,
    .level = LOG_INFO,
    .facility = LOG_DAEMON,
    .fd = -1,
    .stderr_fd = STDERR_FILENO,
};

/*
 * A terminal that is stopped says that it can be written to, and then takes a
 * part and blocks; so it is opened once more, as a file description of our
 * own that does not.  Others' would be made non-blocking with it otherwise.
 */
static int
reopen_terminal(void)
{
	int fd = -1;

	if (isatty(STDERR_FILENO))
		fd = open("/proc/self/fd/2",
		    O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return fd == -1 ? STDERR_FILENO : fd;
}

/* systemd tells in JOURNAL_STREAM which socket is the journal's. */
static bool
stderr_is_journal(void)
{
	const char *journal = getenv("JOURNAL_STREAM");
	char mine[2 * 20 + 2]; /* two 64-bit numbers */
	struct stat st;

	if (journal == NULL || fstat(STDERR_FILENO, &st) == -1)
		return false;
	(void)snprintf(mine, sizeof mine, "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	return strcmp(journal, mine) == 0;
}

static bool
syslog_connect(void)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	if (state.fd != -1)
		return true;
	(void)strlcpy(un.sun_path, _PATH_LOG, sizeof un.sun_path);
	state.fd =
	    socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (state.fd == -1)
		return false;
	if (connect(state.fd, (struct sockaddr *)&un, sizeof un) == -1) {
		log_close();
		return false;
	}
	return true;
}

/*
 * "Nov 22 15:33:01", made once a second: localtime_r(3) writes to four pages,
 * each of which the parent has to copy after every fork.
 */
static const char *
time_stamp(void)
{
	static char stamp[STAMP_SIZE];
	static time_t made;
	time_t now = time(NULL);
	struct tm tm;

	if (now == made)
		return stamp;
	if (localtime_r(&now, &tm) == NULL ||
	    strftime(stamp, sizeof stamp, "%b %e %T", &tm) == 0)
		return NULL;
	made = now;
	return stamp;
}

/* One RFC 3164 datagram, as syslog(3) would send it. */
static bool
syslog_send(int priority, const char *message)
{
	char line[LINE_SIZE];
	const char *stamp = time_stamp();

	if (stamp == NULL || !syslog_connect())
		return false;
	int length = snprintf(line, sizeof line, "<%d>%s echod[%d]: %s",
	    state.facility | priority, stamp, (int)getpid(), message);
	if (send(state.fd, line, (size_t)length, MSG_NOSIGNAL) != -1)
		return true;
	if (errno != EAGAIN && errno != ENOBUFS)
		log_close(); /* the log daemon went away: connect anew */
	return false;
}

static bool
stderr_write(int priority, const char *message)
{
	struct pollfd writable = {.fd = state.stderr_fd, .events = POLLOUT};
	char line[LINE_SIZE], prefix[8] = "echod: ";

	if (poll(&writable, 1, 0) != 1 || !(writable.revents & POLLOUT))
		return false;
	if (state.journal) /* which knows the name, but not the priority */
		(void)snprintf(prefix, sizeof prefix, "<%d>", priority);
	int length = snprintf(line, sizeof line, "%s%s\n", prefix, message);
	return write(state.stderr_fd, line, (size_t)length) == length;
}

static bool
deliver(int priority, const char *message)
{
	return state.to_syslog ? syslog_send(priority, message)
			       : stderr_write(priority, message);
}

bool
log_is_behind(void)
{
	return state.dropped != 0;
}

bool
log_flush(void)
{
	char message[80];

	if (!log_is_behind())
		return true;
	(void)snprintf(message, sizeof message,
	    "%" PRIu64 " messages dropped, the log was not ready for them",
	    state.dropped);
	if (!deliver(LOG_WARNING, message))
		return false;
	state.dropped = 0;
	return true;
}

/* Writes the message into buf; error is an errno to be named in it, or 0. */
static void __attribute__((format(printf, 3, 0)))
compose(char buf[MESSAGE_MAX], int error, const char *format, va_list ap)
{
	int length = vsnprintf(buf, MESSAGE_MAX, format, ap);

	if (error != 0 && length >= 0 && length < MESSAGE_MAX)
		(void)snprintf(buf + length, MESSAGE_MAX - (size_t)length,
		    ": %s", strerror(error));
}

static void
emit(int priority, const char *message)
{
	if (state.to_syslog && state.starting && priority <= LOG_ERR)
		(void)stderr_write(priority, message);
	if (!log_flush() || !deliver(priority, message))
		state.dropped++;
}

static void __attribute__((format(printf, 3, 0)))
vlog(int priority, int error, const char *format, va_list ap)
{
	char message[MESSAGE_MAX];

	if (!log_wants(priority))
		return;
	compose(message, error, format, ap);
	emit(priority, message);
}

static _Noreturn void __attribute__((format(printf, 2, 0)))
vfatal(int error, const char *format, va_list ap)
{
	char message[MESSAGE_MAX];

	compose(message, error, format, ap);
	emit(LOG_ERR, message);
	if (state.last_words != NULL)
		state.last_words(message, error);
	exit(EXIT_FAILURE);
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
	va_list ap;

	va_start(ap, format);
	vfatal(errno, format, ap);
}

void
log_fatalx(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vfatal(0, format, ap);
}

void
log_on_fatal(void (*tell)(const char *message, int error))
{
	state.last_words = tell;
}

void
log_open(enum log_target target)
{
	tzset(); /* while the time zone's files can be read */
	state.to_syslog = target == LOG_TARGET_SYSLOG;
	state.journal = stderr_is_journal();
	if (state.to_syslog)
		(void)syslog_connect();
	else
		state.stderr_fd = reopen_terminal();
}

void
log_configure(int level, int facility)
{
	state.level = level;
	state.facility = facility;
}

void
log_ready(void)
{
	state.starting = false;
}

bool
log_wants(int priority)
{
	return priority <= state.level;
}

void
log_close(void)
{
	if (state.fd != -1)
		(void)close(state.fd);
	state.fd = -1;
}
