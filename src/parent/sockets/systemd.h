/* SPDX-License-Identifier: ISC */

/*
 * The two sides of systemd that concern a daemon, as sd_notify(3) and
 * sd_listen_fds(3) describe them: telling how it is (READY=1 and the like,
 * whose text the caller gives), and taking sockets over.  Without systemd every
 * function does nothing.
 */

#ifndef SYSTEMD_H
#define SYSTEMD_H

#include <sys/types.h>

#include <sys/socket.h>
#include <sys/un.h>

#include <stdbool.h>
#include <stdint.h>

enum {
	NOTIFY_ADDRESS_SIZE = sizeof(((struct sockaddr_un *)0)->sun_path) + 1
};

struct notify {
	int fd; /* -1 = nobody wants to know */
	struct sockaddr_un un;
	socklen_t length;
	int64_t watchdog; /* how often to send WATCHDOG=1, ns; 0 = never */
	uint32_t store;   /* how many descriptors it keeps over a restart */
};

/*
 * Reads the environment, and removes from it what is meant for this process
 * only.  A NOTIFY_SOCKET of a kind not known here is logged and ignored.
 */
void notify_open(struct notify *);

/*
 * Sends the message; waits a second at most, and not at all if it is idle.
 * False if it could not be sent.
 */
bool notify_send(const struct notify *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool notify_send_idle(const struct notify *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Saves the service manager's address as text, "" if there is none, and
 * restores it for a socket that another program has opened.  notify_restore()
 * returns false if the text is no address.
 */
void notify_save(const struct notify *, char text[NOTIFY_ADDRESS_SIZE]);
bool notify_restore(struct notify *, const char *text);

/* What stored descriptors are called, and so are passed at the next start. */
#define NOTIFY_STORED_NAME "echod-listen"

/* Has a descriptor stored.  False if it could not be sent. */
bool notify_store(const struct notify *, int fd);

/*
 * How many sockets were passed to this process, from descriptor 3 on, and
 * whether they are stored ones.  Call it before the process forks.
 */
int systemd_passed_sockets(bool *stored);

/* The pure parts.  False or -1 if the text is no good. */
bool notify_address(const char *text, struct sockaddr_un *, socklen_t *);
int passed_sockets(const char *listen_pid, const char *listen_fds, pid_t self);
bool passed_are_stored(const char *listen_fdnames);

#endif
