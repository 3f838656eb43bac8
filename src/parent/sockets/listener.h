/* SPDX-License-Identifier: ISC */

/*
 * The listening sockets, opened here or passed by a service manager, and
 * accept(2) on them.
 */

#ifndef LISTENER_H
#define LISTENER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/addr.h"
#include "parent/settings/config.h"
#include "parent/sockets/accept_errors.h"

struct endpoint;

struct listener {
	int fd;
	bool any; /* one of the two sockets of "*" */
	struct addr addr;
	struct endpoint *endpoint;
	struct addr asked; /* the setting that it was opened for */

	/*
	 * Set if queued connections may have inherited other socket options
	 * than the current ones, which are then set after accept(2).  This
	 * happens if another process has listened on the socket, if the
	 * settings have changed, or if the socket blocks new connections.
	 */
	bool outdated;
	bool dropped; /* the settings no longer name it */
};

struct listeners {
	struct listener *items;
	size_t count;
	bool adopted; /* opened by the service manager */
	bool stored;  /* the service manager keeps them open over a restart */
	bool shared;  /* with other instances, by SO_REUSEPORT */
};

/* Opens the addresses of config.listen.  Ends the program on failure. */
void listeners_open(struct listeners *, const struct config *);

/* Adds an open listener.  False with errno. */
bool listeners_add(struct listeners *, const struct listener *);

/* Adds a socket that was opened for that setting.  False with errno. */
bool listeners_append(struct listeners *, int fd, const struct addr *asked);

/*
 * Opens the addresses that are not open yet.  Logs failures; false if there are
 * any.
 */
bool listeners_open_missing(struct listeners *, const struct config *);

/*
 * Applies other settings: opens the addresses that are new.  If all are open,
 * marks listeners that the settings do not name as dropped and blocks new
 * connections to them.  Returns whether there are any.
 */
bool listeners_change(struct listeners *, const struct config *);

/*
 * Listens, and sets the options that sessions inherit; called again after a
 * reload.  Logs failures; false if there are any.
 */
bool listeners_configure(struct listeners *, const struct config *);

/*
 * Sets the current options on the socket of a client of an outdated listener.
 */
void
listener_refresh_socket(const struct listener *, int fd, const struct config *);

enum accepted
listener_accept(const struct listener *, int *fd, struct addr *peer);

/*
 * Drops every SYN from now on, as if the network had lost it, while pending
 * handshakes complete; socket_options.c tells the limit of this.  Then the
 * queue can be emptied and the socket closed without a reset for anybody.
 */
void listeners_block_new(struct listeners *);

/* The address that clients connect to: "*:7" for both sockets of "*". */
const char *listener_name(const struct listener *, char buf[ADDR_STRLEN]);

/* The local address of a socket.  False with errno if it has none. */
bool listener_local_address(int fd, struct addr *);

/* Closes one, and moves the last to its place; or closes all. */
void listener_close(struct listeners *, size_t index);
void listeners_close(struct listeners *);

#endif
