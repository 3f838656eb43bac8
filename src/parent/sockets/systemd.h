/* SPDX-License-Identifier: ISC */

/*
 * The protocols of systemd for a daemon, which sd_notify(3) and
 * sd_listen_fds(3) describe: sending its state (READY=1 and the like, whose
 * text the caller gives), and receiving sockets.  Without systemd every
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
	int fd; /* -1 = no service manager */
	struct sockaddr_un un;
	socklen_t length;
	int64_t watchdog; /* interval of WATCHDOG=1, ns; 0 = never */
	uint32_t store;   /* the size of its descriptor store */
};

/*
 * Reads the environment, and removes the variables that are meant for this
 * process only.  Logs and ignores a NOTIFY_SOCKET of an unknown kind.
 */
void notify_open(struct notify *);

/*
 * Sends a message; waits a second at most, or not at all in the idle variant.
 * False if it could not be sent.
 */
bool notify_send(const struct notify *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool notify_send_idle(const struct notify *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * For an upgrade: saves the service manager's address as text, "" if there is
 * none, and restores it in the new program, which inherits the socket.
 * notify_restore() returns false if the text is no address.
 */
void notify_save(const struct notify *, char text[NOTIFY_ADDRESS_SIZE]);
bool notify_restore(struct notify *, const char *text);

/* The name of stored descriptors, by which the next daemon knows them. */
#define NOTIFY_STORED_NAME "echod-listen"

/* Stores a descriptor.  False if it could not be sent. */
bool notify_store(const struct notify *, int fd);

/*
 * Returns how many sockets were passed to this process, from descriptor 3 on,
 * and sets whether they are stored ones.  Call it before the process forks.
 */
int systemd_passed_sockets(bool *stored);

/* The pure parts.  False or -1 if the text is invalid. */
bool notify_address(const char *text, struct sockaddr_un *, socklen_t *);
int passed_sockets(const char *listen_pid, const char *listen_fds, pid_t self);
bool passed_are_stored(const char *listen_fdnames);

#endif
