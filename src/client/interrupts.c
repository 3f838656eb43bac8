/* SPDX-License-Identifier: ISC */

#include "client/interrupts.h"

#include <linux/time_types.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "common/clock.h"

enum {
	BUSY_TURNS = 32 /* without a sleep before signals are asked for */
};

static volatile sig_atomic_t stop, interim;
static sigset_t awake, sleeping; /* what is blocked then */

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

	(void)sigemptyset(&awake);
	for (size_t i = 0; i < sizeof caught / sizeof *caught; i++) {
		(void)sigaddset(&awake, caught[i]);
		if (sigaction(caught[i], &handler, NULL) == -1)
			err(2, "sigaction");
	}
	if (sigaction(SIGPIPE, &ignore, NULL) == -1 ||
	    sigprocmask(SIG_BLOCK, &awake, &sleeping) == -1)
		err(2, "sigprocmask");
	/* whoever started us may have had them blocked */
	for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
		(void)sigdelset(&sleeping, caught[i]);
}

/*
 * A call that finds a descriptor ready does not open the signals, so a loop
 * that always finds one would never see Ctrl-C.  Checking costs a system call,
 * so it is done now and then.
 */
static int
woken(int ready, const char *call)
{
	static unsigned turns;
	const struct timespec now = {0};
	int signal;

	if (ready == -1 && errno != EINTR)
		err(2, "%s", call);
	if (ready <= 0 || ++turns % BUSY_TURNS != 0)
		return ready > 0 ? ready : 0;
	while ((signal = sigtimedwait(&awake, NULL, &now)) > 0)
		note(signal);
	return ready;
}

/* The timeout to sleep until then with; NULL = none. */
static const struct timespec *
timeout_until(int64_t until, struct timespec *timeout)
{
	int64_t left = until - clock_now();

	*timeout = clock_timespec(left > 0 ? left : 0);
	return until == INT64_MAX ? NULL : timeout;
}

int
interrupts_poll(struct pollfd *pfds, nfds_t count, int64_t until)
{
	struct timespec timeout;

	return woken(
	    ppoll(pfds, count, timeout_until(until, &timeout), &sleeping),
	    "ppoll");
}

/*
 * epoll_pwait2(2), by number because not every C library has it, and in two
 * calls for kernels before 5.11.
 */
static int
wait_events(int epoll, struct epoll_event *events, int count,
    const struct timespec *timeout)
{
	const struct __kernel_timespec span = {
	    .tv_sec = timeout != NULL ? timeout->tv_sec : 0,
	    .tv_nsec = timeout != NULL ? timeout->tv_nsec : 0,
	};
	struct pollfd any = {.fd = epoll, .events = POLLIN};
	int ready = -1;

	errno = ENOSYS;
#ifdef SYS_epoll_pwait2
	ready = (int)syscall(SYS_epoll_pwait2, epoll, events, count,
	    timeout != NULL ? &span : NULL, &sleeping, _NSIG / 8);
#else
	(void)span;
#endif
	if (ready != -1 || errno != ENOSYS)
		return ready;
	ready = ppoll(&any, 1, timeout, &sleeping);
	return ready > 0 ? epoll_wait(epoll, events, count, 0) : ready;
}

int
interrupts_epoll(
    int epoll, struct epoll_event *events, int count, int64_t until)
{
	struct timespec timeout;

	return woken(
	    wait_events(epoll, events, count, timeout_until(until, &timeout)),
	    "epoll_pwait2");
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
