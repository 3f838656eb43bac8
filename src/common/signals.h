/* SPDX-License-Identifier: ISC */

/*
 * Signals.  The parent blocks the signals that it handles and reads them from a
 * descriptor, so it polls them like clients and misses none.
 *
 * A session accepts SIGTERM, SIGALRM and SIGUSR1 only.  Their handler notes
 * them; it is set without SA_RESTART, so a waiting read(2) or write(2) fails
 * with EINTR.
 */

#ifndef SIGNALS_H
#define SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/*
 * Call this first.  Blocks the signals that are requests to a running parent,
 * so that they wait until it can handle them instead of ending it.
 */
void signals_hold_requests(void);

/*
 * Resets the inherited dispositions and mask, ignores SIGPIPE and SIGXFSZ,
 * blocks the signals that the parent handles, and opens the descriptor for
 * them. False with errno on failure.
 */
bool signals_init(void);

/* The descriptor, readable when a signal has come. */
int signals_fd(void);

/* Gets the signals that have come since the last call. */
void signals_receive(sigset_t *);

/* In a new session: unblocks its signals.  False on failure. */
bool signals_session(void);

/* In a session: whether the signal has come since the last call. */
bool signals_take(int signo);

#endif
