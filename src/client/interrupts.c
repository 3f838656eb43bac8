/* SPDX-License-Identifier: ISC */

#include "client/interrupts.h"

#include <linux/time_types.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"

static bool stop, interim;
static int signals = -1; /* signalfd(2) */

void
interrupts_init(void)
{
	static const int caught[] = {SIGINT, SIGTERM, SIGQUIT};
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
		(void)sigaddset(&set, caught[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1 ||
	    (signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC)) == -1)
		err(2, "signalfd");
	/* an inherited SIG_IGN would discard the signals */
	for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
		(void)signal(caught[i], SIG_DFL);
	(void)signal(SIGPIPE, SIG_IGN);
}

static void
take_signals(void)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof info) == (ssize_t)sizeof info)
		if (info.ssi_signo == SIGQUIT)
			interim = true;
		else
			stop = true;
}

/* The timeout for a sleep until that time; NULL = none. */
static const struct timespec *
timeout_until(int64_t now, int64_t until, struct timespec *timeout)
{
	*timeout = clock_timespec(until > now ? until - now : 0);
	return until == INT64_MAX ? NULL : timeout;
}

int
interrupts_poll(struct pollfd *pfds, nfds_t count, int64_t until)
{
	struct pollfd all[1 + INTERRUPTS_POLL_MAX];
	struct timespec timeout;

	all[0] = (struct pollfd){.fd = signals, .events = POLLIN};
	if (count > 0)
		memcpy(all + 1, pfds, count * sizeof *pfds);
	int ready = ppoll(
	    all, 1 + count, timeout_until(clock_now(), until, &timeout), NULL);
	if (ready == -1 && errno != EINTR)
		err(2, "ppoll");
	if (ready <= 0)
		return 0;
	if (count > 0)
		memcpy(pfds, all + 1, count * sizeof *pfds);
	if (all[0].revents == 0)
		return ready;
	take_signals();
	return ready - 1;
}

void
interrupts_watch(int epoll)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, signals, &event) == -1)
		err(2, "epoll_ctl");
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
	    timeout != NULL ? &span : NULL, NULL, 0);
#else
	(void)span;
#endif
	if (ready != -1 || errno != ENOSYS)
		return ready;
	ready = ppoll(&any, 1, timeout, NULL);
	return ready > 0 ? epoll_wait(epoll, events, count, 0) : ready;
}

int
interrupts_epoll(int epoll, struct epoll_event *events, int count, int64_t now,
    int64_t until)
{
	struct timespec timeout;
	int ready = wait_events(
	    epoll, events, count, timeout_until(now, until, &timeout));

	if (ready == -1 && errno != EINTR)
		err(2, "epoll_pwait2");
	for (int i = 0; i < ready; i++)
		if (events[i].data.ptr == NULL) {
			take_signals();
			events[i] = events[--ready];
			break;
		}
	return ready > 0 ? ready : 0;
}

bool
interrupts_stop(void)
{
	return stop;
}

bool
interrupts_interim(void)
{
	return interim;
}

bool
interrupts_take_interim(void)
{
	bool taken = interim;

	interim = false;
	return taken;
}
