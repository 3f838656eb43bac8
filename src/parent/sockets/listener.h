/* SPDX-License-Identifier: ISC */

/*
 * The listening sockets: made here or handed over by a service manager.  And
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
	bool any; /* one of the two of "*" */
	struct addr addr;
	struct endpoint *endpoint;
	struct addr asked; /* the setting that it was opened for */

	/*
	 * Some queued connections may predate the current socket options, so
	 * these are set after accept(2): another process has listened on the
	 * socket, it has just been configured anew, or it blocks new
	 * connections.
	 */
	bool outdated;
	bool dropped; /* the settings do not name it any more */
};

struct listeners {
	struct listener *items;
	size_t count;
	bool adopted; /* the service manager has opened them */
	bool stored;  /* it keeps them open over a restart */
	bool shared;  /* with other instances */
};

/* Opens what config.listen names.  Ends the program if one cannot be had. */
void listeners_open(struct listeners *, const struct config *);

/* Adds one that is open.  False with errno. */
bool listeners_add(struct listeners *, const struct listener *);

/* Adds a socket that was opened for that setting.  False with errno. */
bool listeners_append(struct listeners *, int fd, const struct addr *asked);

/* Opens what is missing.  False if something cannot be had, which is logged. */
bool listeners_open_missing(struct listeners *, const struct config *);

/*
 * Opens what other settings name anew.  If all of that is open, blocks new
 * connections to the listeners that they do not name and marks these dropped.
 * Returns whether there are such.
 */
bool listeners_change(struct listeners *, const struct config *);

/*
 * Listens, and sets what sessions will inherit; again after a reload.  False
 * if it failed for any, which is logged.
 */
bool listeners_configure(struct listeners *, const struct config *);

/* Sets the options that a client of an outdated listener has not inherited. */
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

/* What clients of it connect to: "*:7" for both of "*". */
const char *listener_name(const struct listener *, char buf[ADDR_STRLEN]);

/* The local address of a socket.  False with errno if it has none. */
bool listener_local_address(int fd, struct addr *);

/* Closes one, whose place another takes, or all. */
void listener_close(struct listeners *, size_t index);
void listeners_close(struct listeners *);

#endif
