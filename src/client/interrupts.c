/* SPDX-License-Identifier: ISC */

#include "client/interrupts.h"

#include <err.h>
#include <stddef.h>

static volatile sig_atomic_t stop, interim;
static sigset_t sleeping;

static void
note(int signal)
{
	if (signal == SIGQUIT)
		interim = 1;
	else
		stop = 1;
}

void
interrupts_init(void)
{
	static const int caught[] = {SIGINT, SIGTERM, SIGQUIT};
	const struct sigaction handler = {.sa_handler = note};
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t blocked;

	(void)sigemptyset(&blocked);
	for (size_t i = 0; i < sizeof caught / sizeof *caught; i++) {
		(void)sigaddset(&blocked, caught[i]);
		if (sigaction(caught[i], &handler, NULL) == -1)
			err(2, "sigaction");
	}
	if (sigaction(SIGPIPE, &ignore, NULL) == -1 ||
	    sigprocmask(SIG_BLOCK, &blocked, &sleeping) == -1)
		err(2, "sigprocmask");
	/* whoever started us may have had them blocked */
	for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
		(void)sigdelset(&sleeping, caught[i]);
}

const sigset_t *
interrupts_mask(void)
{
	return &sleeping;
}

bool
interrupts_stop(void)
{
	return stop != 0;
}

bool
interrupts_interim(void)
{
	return interim != 0;
}

bool
interrupts_take_interim(void)
{
	bool taken = interim != 0;

	interim = 0;
	return taken;
}
