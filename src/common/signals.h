/* SPDX-License-Identifier: ISC */

/*
 * Signals.  The parent keeps all that it handles blocked and lets them in
 * only while it waits in ppoll(2), so a signal is never missed between a test
 * and a wait.  Handlers only note that a signal came; the main loop acts.
 *
 * A session lets in SIGTERM and SIGALRM at all times and nothing else.  Their
 * handler, set without SA_RESTART, makes a waiting read(2) fail with EINTR.
 */

#ifndef SIGNALS_H
#define SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/*
 * Undoes whatever dispositions and mask were inherited, ignores SIGPIPE and
 * SIGXFSZ, installs the handlers and blocks what they handle.
 */
void signals_init(void);

/* The mask for ppoll(2): nothing blocked. */
const sigset_t *signals_wait_mask(void);

/* Whether the signal came since the last call, which is then forgotten. */
bool signals_take(int signo);

/* In a new session: forgets the parent's signals, lets the session's in. */
void signals_session(void);

#endif
