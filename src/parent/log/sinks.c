/* SPDX-License-Identifier: ISC */

/*
 * Runs in the parent.  syslog(3) waits if the log daemon does not read, and
 * the caller cannot change its socket.  So this file sends the datagrams to
 * syslog and to the journal itself, without waiting.
 */

#include "parent/log/sinks.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <bsd/string.h>

#include "parent/log/record.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

enum {
	STAMP_SIZE = 16
};

static struct {
	enum log_target target;
	enum log_format format;
	bool prefixed; /* standard error is the journal's: lines begin with
			  <priority> */
	bool torn;     /* the last line was written in part only */
	int facility;
	int stderr_fd;
	int socket; /* to syslog or the journal, -1 = not connected */
} sinks = {
    .target = LOG_TARGET_STDERR,
    .facility = LOG_DAEMON,
    .stderr_fd = STDERR_FILENO,
    .socket = -1,
};

/* ---- standard error ----------------------------------------------------- */

/*
 * A stopped terminal polls as writable, then takes part of a line and blocks.
 * So open the terminal again, with O_NONBLOCK: on the inherited file
 * description the flag would affect other programs.
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

/* systemd names the journal's socket in JOURNAL_STREAM. */
static bool
is_journal_stream(void)
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

static void
put_stderr(struct text *text, int level, const struct line_kind *kind,
    const struct fields *fields)
{
	if (sinks.torn)
		text_string(text, "\n");
	if (sinks.format == LOG_FORMAT_JSON) {
		record_json(text, level, kind, fields);
	} else {
		if (sinks.prefixed) { /* the journal adds the program's name */
			text_string(text, "<");
			text_number(text, (uint64_t)level);
			text_string(text, ">");
		} else {
			text_string(text, "echod: ");
		}
		record_text(text, kind, fields);
	}
	text_string(text, "\n");
}

static bool
stderr_send(const char *line, size_t length)
{
	struct pollfd writable = {.fd = sinks.stderr_fd, .events = POLLOUT};

	if (poll(&writable, 1, 0) != 1 || !(writable.revents & POLLOUT))
		return false;
	ssize_t written = write(sinks.stderr_fd, line, length);
	if (written > 0 && sinks.torn != (line[written - 1] != '\n'))
		sinks.torn =
		    !sinks.torn; /* the disk became full within the line */
	return written == (ssize_t)length;
}

static void
sinks_close(void)
{
	if (sinks.socket != -1)
		(void)close(sinks.socket);
	sinks.socket = -1;
}

/* ---- datagrams ---------------------------------------------------------- */

static bool
socket_connect(const char *path)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	if (sinks.socket != -1)
		return true;
	(void)strlcpy(un.sun_path, path, sizeof un.sun_path);
	sinks.socket =
	    socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sinks.socket == -1)
		return false;
	if (connect(sinks.socket, (struct sockaddr *)&un, sizeof un) == -1) {
		sinks_close();
		return false;
	}
	return true;
}

static bool
datagram_send(const char *path, const char *datagram, size_t length)
{
	if (length == 0 || !socket_connect(path))
		return false;
	if (send(sinks.socket, datagram, length, MSG_NOSIGNAL) != -1)
		return true;
	if (errno != EAGAIN && errno != ENOBUFS)
		sinks_close(); /* the log daemon was restarted: connect again */
	return false;
}

/*
 * "Nov 22 15:33:01", formatted once a second, because localtime_r(3) writes to
 * four pages, which the parent has to copy after every fork.
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
static void
put_syslog(struct text *text, int level, const struct line_kind *kind,
    const struct fields *fields)
{
	const char *stamp = time_stamp();

	if (stamp == NULL)
		return;
	text_string(text, "<");
	text_number(text, (uint64_t)(sinks.facility | level));
	text_string(text, ">");
	text_string(text, stamp);
	text_string(text, " echod[");
	text_number(text, (uint64_t)getpid());
	text_string(text, "]: ");
	record_text(text, kind, fields);
}

static bool
syslog_send(const char *line, size_t length)
{
	return datagram_send(_PATH_LOG, line, length);
}

static bool
journal_send(const char *entry, size_t length)
{
	return datagram_send(JOURNAL_SOCKET, entry, length);
}

/* ---- all ---------------------------------------------------------------- */

static const struct sink {
	void (*put)(struct text *, int level, const struct line_kind *,
	    const struct fields *);
	bool (*send)(const char *, size_t);
} table[] = {
    [LOG_TARGET_STDERR] = {put_stderr, stderr_send},
    [LOG_TARGET_SYSLOG] = {put_syslog, syslog_send},
    [LOG_TARGET_JOURNAL] = {record_journal, journal_send},
};

/* A function of its own, so that only long lines use so much stack. */
static bool __attribute__((noinline)) write_long(const struct sink *sink,
    int level, const struct line_kind *kind, const struct fields *fields)
{
	char buffer[RECORD_MAX];
	struct text text = text_in(buffer, sizeof buffer);

	sink->put(&text, level, kind, fields);
	return sink->send(buffer, text_length(&text));
}

/*
 * The buffer is small: each page of stack that the parent writes to after a
 * fork is copied.
 */
static bool
write_to(const struct sink *sink, int level, const struct line_kind *kind,
    const struct fields *fields)
{
	char buffer[RECORD_USUAL];
	struct text text = text_in(buffer, sizeof buffer);

	sink->put(&text, level, kind, fields);
	return text.truncated ? write_long(sink, level, kind, fields)
			      : sink->send(buffer, text_length(&text));
}

bool
sinks_write(
    int level, const struct line_kind *kind, const struct fields *fields)
{
	return write_to(&table[sinks.target], level, kind, fields);
}

void
sinks_copy_to_stderr(
    int level, const struct line_kind *kind, const struct fields *fields)
{
	if (sinks.target != LOG_TARGET_STDERR)
		(void)write_to(&table[LOG_TARGET_STDERR], level, kind, fields);
}

bool
sinks_stderr_is_journal(void)
{
	if (!is_journal_stream() || !socket_connect(JOURNAL_SOCKET))
		return false;
	sinks_close(); /* until sinks_open() */
	return true;
}

void
sinks_start(bool stderr_is_client)
{
	sinks.prefixed = is_journal_stream();
	if (stderr_is_client)
		sinks.target = LOG_TARGET_SYSLOG;
}

void
sinks_open(enum log_target target, enum log_format format)
{
	tzset(); /* with the rights of the start, reads the time zone's file */
	sinks.target = target;
	sinks.format = format;
	switch (target) {
	case LOG_TARGET_SYSLOG:
		(void)socket_connect(_PATH_LOG);
		break;
	case LOG_TARGET_JOURNAL:
		(void)socket_connect(JOURNAL_SOCKET);
		break;
	default:
		sinks.stderr_fd = reopen_terminal();
	}
}

void
sinks_set_facility(int facility)
{
	sinks.facility = facility;
}
