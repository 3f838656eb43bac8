/* SPDX-License-Identifier: ISC */

/* Runs in the parent. */

#include "parent/sockets/systemd.h"

#include <sys/time.h>

#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/stdlib.h>

#include "common/clock.h"
#include "parent/log/log.h"

enum {
	MESSAGE_MAX = 512,
	PASSED_SOCKETS_MAX = 1024
};

/* "/path", or "@name" for Linux's abstract name space. */
bool
notify_address(const char *text, struct sockaddr_un *un, socklen_t *length)
{
	size_t used = strlen(text);

	*un = (struct sockaddr_un){.sun_family = AF_UNIX};
	if ((text[0] != '/' && text[0] != '@') || used < 2 ||
	    used >= sizeof un->sun_path)
		return false;
	memcpy(un->sun_path, text, used);
	if (text[0] == '@')
		un->sun_path[0] = '\0'; /* and no NUL at the end */
	else
		used++;
	*length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + used);
	return true;
}

static int64_t
watchdog_interval(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *errstr;
	const char *pid = getenv("WATCHDOG_PID");

	if (usec == NULL ||
	    (pid != NULL && strtonum(pid, 1, INT_MAX, &errstr) != getpid()))
		return 0;
	int64_t limit = strtonum(usec, 1, INT64_MAX / USEC, &errstr);
	return errstr == NULL ? limit * USEC / 2 : 0;
}

void
notify_open(struct notify *notify)
{
	const char *text = getenv("NOTIFY_SOCKET");
	const struct timeval second = {.tv_sec = 1};

	*notify = (struct notify){.fd = -1};
	if (text == NULL)
		return;
	if (!notify_address(text, &notify->un, &notify->length)) {
		log_warnx("NOTIFY_SOCKET is of no known kind: %s", text);
		return;
	}
	notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (notify->fd == -1)
		log_fatal("cannot notify");
	(void)setsockopt(
	    notify->fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second);
	notify->watchdog = watchdog_interval();
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
}

static bool __attribute__((format(printf, 3, 0)))
vsend(const struct notify *notify, int flags, const char *format, va_list ap)
{
	char message[MESSAGE_MAX];

	if (notify->fd == -1)
		return true;
	int length = vsnprintf(message, sizeof message, format, ap);
	if (length < 0 || (size_t)length >= sizeof message)
		return false;
	return sendto(notify->fd, message, (size_t)length, flags | MSG_NOSIGNAL,
		   (const struct sockaddr *)&notify->un, notify->length) != -1;
}

bool
notify_send(const struct notify *notify, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	bool sent = vsend(notify, 0, format, ap);
	va_end(ap);
	return sent;
}

bool
notify_send_idle(const struct notify *notify, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	bool sent = vsend(notify, MSG_DONTWAIT, format, ap);
	va_end(ap);
	return sent;
}

int
passed_sockets(const char *listen_pid, const char *listen_fds, pid_t self)
{
	const char *errstr;

	if (listen_pid == NULL || listen_fds == NULL)
		return 0;
	pid_t pid = (pid_t)strtonum(listen_pid, 1, INT_MAX, &errstr);
	if (errstr != NULL)
		return -1;
	if (pid != self)
		return 0; /* meant for a process that started this one */
	int count = (int)strtonum(listen_fds, 0, PASSED_SOCKETS_MAX, &errstr);
	return errstr == NULL ? count : -1;
}

int
systemd_passed_sockets(void)
{
	int count = passed_sockets(
	    getenv("LISTEN_PID"), getenv("LISTEN_FDS"), getpid());

	if (count == -1)
		log_fatalx("LISTEN_PID or LISTEN_FDS is not a number in range");
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_FDNAMES");
	return count;
}
