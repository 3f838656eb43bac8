/* SPDX-License-Identifier: ISC */

/*
 * Connecting without blocking, to one address or to each in turn until one
 * answers; and what every new connection begins with.
 */

#ifndef CONNECT_H
#define CONNECT_H

#include <stdint.h>

#include "client/target.h"

/* An attempt under way, to the addresses from next on. */
struct attempt {
	const struct target *target;
	const struct addrinfo *address; /* being tried */
	int fd;                         /* -1 = none */
	int64_t began;                  /* this address's SYN was sent */
	int error;                      /* why the last address failed */
};

enum attempt_state {
	ATTEMPT_PENDING, /* wait for fd to be writable, or for the deadline */
	ATTEMPT_DONE,    /* fd is connected and the caller's */
	ATTEMPT_FAILED,  /* no address is left; error says why */
};

/*
 * Opens a non-blocking socket to one address and starts to connect; success
 * may still be pending.  Returns the descriptor or -1 with errno.
 */
int connect_start(const struct target *, const struct addrinfo *);

/* Begins with the first address. */
enum attempt_state attempt_begin(struct attempt *, const struct target *);

/* To be called when fd is ready or the attempt's deadline has passed. */
enum attempt_state attempt_continue(struct attempt *);

/* When attempt_continue() is due at the latest; INT64_MAX = never. */
int64_t attempt_deadline(const struct attempt *);

/* Gives up. */
void attempt_cancel(struct attempt *);

/*
 * Does all of that and waits for it.  Returns a connected non-blocking
 * descriptor, or -1 with errno; EINTR means that Ctrl-C came.  The address
 * that answered is stored unless address is NULL.
 */
int connect_wait(const struct target *, const struct addrinfo **address);

/*
 * Sends the PROXY protocol header if the target wants one.  Returns 0, or -1
 * with errno.
 */
int connect_greet(const struct target *, int fd);

/* The kernel's pending error of a socket, 0 if there is none. */
int connect_error(int fd);

#endif
