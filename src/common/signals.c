/* SPDX-License-Identifier: ISC */

#include "common/signals.h"

#include <stddef.h>

static const int handled[] = {
    SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD, SIGALRM};

enum {
	NHANDLED = sizeof handled / sizeof *handled
};

static volatile sig_atomic_t caught[NSIG];
static sigset_t nothing, session;

static void
note(int signo)
{
	caught[signo] = 1;
}

static void
reset_inherited(void)
{
	struct sigaction fallback = {.sa_handler = SIG_DFL};

	for (int signo = 1; signo < NSIG; signo++)
		(void)sigaction(signo, &fallback, NULL); /* not KILL, STOP */
}

void
signals_init(void)
{
	struct sigaction handler = {.sa_handler = note};
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t mask;

	reset_inherited();
	(void)sigemptyset(&nothing);
	(void)sigemptyset(&session);
	(void)sigaddset(&session, SIGTERM);
	(void)sigaddset(&session, SIGALRM);
	(void)sigemptyset(&mask);
	for (size_t i = 0; i < NHANDLED; i++)
		(void)sigaddset(&mask, handled[i]);
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	for (size_t i = 0; i < NHANDLED; i++)
		(void)sigaction(handled[i], &handler, NULL);
	(void)sigaction(SIGPIPE, &ignore, NULL);
	(void)sigaction(SIGXFSZ, &ignore, NULL); /* a full log is no end */
}

const sigset_t *
signals_wait_mask(void)
{
	return &nothing;
}

bool
signals_take(int signo)
{
	if (caught[signo] == 0)
		return false; /* and the page stays shared after a fork */
	caught[signo] = 0;
	return true;
}

void
signals_session(void)
{
	(void)signals_take(SIGTERM);
	(void)signals_take(SIGALRM);
	(void)sigprocmask(SIG_UNBLOCK, &session, NULL);
}
