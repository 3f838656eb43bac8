/* SPDX-License-Identifier: ISC */

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

/*
 * systemd(1) sets FDSTORE from version 254 on; echod.service sets it for all.
 */
static uint32_t
store_size(void)
{
	const char *text = getenv("FDSTORE"), *errstr;

	if (text == NULL)
		return 0;
	return (uint32_t)strtonum(text, 0, PASSED_SOCKETS_MAX, &errstr);
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
	notify->store = store_size();
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
	(void)unsetenv("FDSTORE");
}

void
notify_save(const struct notify *notify, char text[NOTIFY_ADDRESS_SIZE])
{
	size_t length = notify->length - offsetof(struct sockaddr_un, sun_path);

	memset(text, 0, NOTIFY_ADDRESS_SIZE);
	if (notify->fd == -1)
		return;
	memcpy(text, notify->un.sun_path, length);
	if (text[0] == '\0')
		text[0] = '@';
}

bool
notify_restore(struct notify *notify, const char *text)
{
	return notify->fd == -1 ||
	       notify_address(text, &notify->un, &notify->length);
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

bool
notify_store(const struct notify *notify, int fd)
{
	static const char message[] = "FDSTORE=1\nFDNAME=" NOTIFY_STORED_NAME;
	union {
		char space[CMSG_SPACE(sizeof fd)];
		struct cmsghdr align;
	} control = {0};
	struct sockaddr_un un = notify->un;
	struct iovec part = {(void *)(uintptr_t)message, sizeof message - 1};
	struct msghdr header = {
	    .msg_name = &un,
	    .msg_namelen = notify->length,
	    .msg_iov = &part,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof control.space,
	};
	struct cmsghdr *rights = CMSG_FIRSTHDR(&header);

	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(rights), &fd, sizeof fd);
	return sendmsg(notify->fd, &header, MSG_NOSIGNAL) != -1;
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
		return 0; /* meant for the process that started this one */
	int count = (int)strtonum(listen_fds, 0, PASSED_SOCKETS_MAX, &errstr);
	return errstr == NULL ? count : -1;
}

bool
passed_are_stored(const char *names)
{
	static const char stored[] = NOTIFY_STORED_NAME;
	size_t length = sizeof stored - 1;

	if (names == NULL)
		return false;
	while (strncmp(names, stored, length) == 0) {
		names += length;
		if (*names == '\0')
			return true;
		if (*names++ != ':')
			break;
	}
	return false; /* from a socket unit, or without a name */
}

int
systemd_passed_sockets(bool *stored)
{
	*stored = passed_are_stored(getenv("LISTEN_FDNAMES"));
	int count = passed_sockets(
	    getenv("LISTEN_PID"), getenv("LISTEN_FDS"), getpid());

	if (count == -1)
		log_fatalx("LISTEN_PID or LISTEN_FDS is not a number in range");
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_FDNAMES");
	return count;
}
