/* SPDX-License-Identifier: ISC */

/*
 * Signals.  The parent keeps all that it handles blocked and reads them from a
 * descriptor, so it waits for them as it does for clients, and none is missed
 * between a test and a wait.
 *
 * A session lets in SIGTERM, SIGALRM and SIGUSR1 and nothing else.  Their
 * handler notes that they came and, set without SA_RESTART, makes a waiting
 * read(2) fail with EINTR.
 */

#ifndef SIGNALS_H
#define SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/*
 * To be called first in a start.  Signals that ask something of a running
 * parent wait until it can answer, instead of ending it.
 */
void signals_hold_requests(void);

/*
 * Undoes whatever dispositions and mask were inherited, ignores SIGPIPE and
 * SIGXFSZ, blocks what the parent handles and opens the descriptor for it.
 * Returns false, with errno set, if that fails.
 */
bool signals_init(void);

/* Readable when there is something to receive. */
int signals_fd(void);

/* Which signals have come since the last call. */
void signals_receive(sigset_t *);

/* In a new session: lets its signals in, or returns false. */
bool signals_session(void);

/* There: whether the signal came since the last call. */
bool signals_take(int signo);

#endif
