/* SPDX-License-Identifier: ISC */

#include "client/load/swarm.h"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/interrupts.h"
#include "client/load/swarm_session.h"

enum {
	EVENTS = 512,
	SPARE_DESCRIPTORS = 16,
	UNSENT_STEPS = 100000
};

static const int64_t rest_after_failure = 10 * MSEC;

/* A server that answers byte by byte does not hold us for ever. */
static void
give_up(struct swarm *swarm)
{
	struct swarm_session *session;

	while ((session = TAILQ_FIRST(&swarm->waiting)) != NULL)
		session_fail(swarm, session, FAILURE_TIMEOUT);
}

static void
expire(struct swarm *swarm)
{
	int64_t timeout = swarm->target->timeout;
	struct swarm_session *session;

	if (timeout > 0 && swarm->stopping &&
	    swarm->schedule.ends + timeout <= swarm->now)
		give_up(swarm);
	while (timeout > 0 &&
	       (session = TAILQ_FIRST(&swarm->waiting)) != NULL &&
	       session->since + timeout <= swarm->now)
		session_fail(swarm, session, FAILURE_TIMEOUT);
	while ((session = TAILQ_FIRST(&swarm->resting)) != NULL &&
	       session->since + rest_after_failure <= swarm->now)
		session_wake(swarm, session);
}

static void
dispatch(struct swarm *swarm)
{
	struct swarm_session *session;

	while ((session = TAILQ_FIRST(&swarm->idle)) != NULL &&
	       schedule_is_due(&swarm->schedule, swarm->now))
		session_start_message(swarm, session);
}

/*
 * Messages that were due and never left: they waited this long at least.  They
 * may be billions, and their waits are evenly spread.
 */
static void
count_unsent(struct swarm *swarm)
{
	struct schedule *schedule = &swarm->schedule;
	uint64_t left, step;

	if (schedule->rate == 0)
		return;
	swarm->report->unsent = left = schedule_left(schedule);
	for (step = left / UNSENT_STEPS + 1; left > 0; left -= step) {
		if (step > left)
			step = left;
		histogram_record_times(&swarm->corrected,
		    schedule->ends - schedule_due(schedule, swarm->now), step);
		schedule->taken += step;
	}
}

/* Starts the clock, or stops it. */
static void
advance(struct swarm *swarm)
{
	if (swarm->schedule.began == 0 && swarm->warming == 0) {
		swarm->schedule.began = swarm->now;
		swarm->schedule.ends = swarm->now + swarm->duration;
	}
	if (interrupts_stop() && !swarm->stopping && swarm->schedule.began != 0)
		swarm->schedule.ends = swarm->now;
	if (swarm->schedule.began == 0 || swarm->stopping ||
	    swarm->now < swarm->schedule.ends)
		return;
	swarm->stopping = true;
	swarm->report->elapsed = swarm->schedule.ends - swarm->schedule.began;
	count_unsent(swarm);
}

static bool
is_over(const struct swarm *swarm)
{
	return interrupts_stop() ||
	       (swarm->stopping && TAILQ_EMPTY(&swarm->waiting));
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t
next_event(const struct swarm *swarm, int64_t until)
{
	const struct swarm_session *session;
	int64_t at = until;

	if (swarm->schedule.began != 0 && !swarm->stopping)
		at = earlier(at, swarm->schedule.ends);
	else if (swarm->stopping && swarm->target->timeout > 0)
		at = earlier(at, swarm->schedule.ends + swarm->target->timeout);
	if ((session = TAILQ_FIRST(&swarm->waiting)) != NULL &&
	    swarm->target->timeout > 0)
		at = earlier(at, session->since + swarm->target->timeout);
	if ((session = TAILQ_FIRST(&swarm->resting)) != NULL)
		at = earlier(at, session->since + rest_after_failure);
	if (!TAILQ_EMPTY(&swarm->idle) && swarm->schedule.began != 0 &&
	    !swarm->stopping)
		at = earlier(at, schedule_due(&swarm->schedule, swarm->now));
	return at;
}

static void
sleep_until(struct swarm *swarm, int64_t at)
{
	struct epoll_event events[EVENTS];
	int n = interrupts_epoll(swarm->epoll, events, EVENTS, at);

	swarm->now = clock_now();
	for (int i = 0; i < n; i++)
		session_handle(swarm, events[i].data.ptr, events[i].events);
}

bool
swarm_run(struct swarm *swarm, int64_t until)
{
	swarm->now = clock_now();
	do {
		advance(swarm);
		if (is_over(swarm))
			return true;
		expire(swarm);
		dispatch(swarm);
		sleep_until(swarm, next_event(swarm, until));
	} while (swarm->now < until && !interrupts_interim());
	return false;
}

void
swarm_collect(struct swarm *swarm)
{
	histogram_merge(&swarm->report->raw, &swarm->raw);
	histogram_merge(&swarm->report->corrected, &swarm->corrected);
	memset(&swarm->raw, 0, sizeof swarm->raw);
	memset(&swarm->corrected, 0, sizeof swarm->corrected);
	if (!swarm->stopping && swarm->schedule.began != 0)
		swarm->report->elapsed = swarm->now - swarm->schedule.began;
}

static void
raise_limit(uint64_t connections)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		err(2, "getrlimit");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		err(2, "setrlimit");
	if (connections + SPARE_DESCRIPTORS > limit.rlim_cur)
		errx(2, "%ju connections: this process may have %ju files open",
		    (uintmax_t)connections, (uintmax_t)limit.rlim_cur);
}

void
swarm_open(struct swarm *swarm)
{
	uint64_t n = swarm->report->connections;

	raise_limit(n);
	/* the default slack of 50 us would show in the schedule */
	(void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
	if ((swarm->epoll = epoll_create1(EPOLL_CLOEXEC)) == -1)
		err(2, "epoll_create1");
	if ((swarm->sessions = calloc(n, sizeof *swarm->sessions)) == NULL)
		err(2, NULL);
	TAILQ_INIT(&swarm->idle);
	TAILQ_INIT(&swarm->waiting);
	TAILQ_INIT(&swarm->resting);
	swarm->now = clock_now();
	for (uint64_t i = 0; i < n; i++) {
		swarm->sessions[i].fd = -1;
		TAILQ_INSERT_TAIL(&swarm->idle, &swarm->sessions[i], link);
	}
	if (swarm->report->churn)
		return;
	swarm->warming = n;
	for (uint64_t i = 0; i < n; i++)
		session_open(swarm, &swarm->sessions[i]);
}

void
swarm_close(struct swarm *swarm)
{
	for (uint64_t i = 0; i < swarm->report->connections; i++)
		session_close(&swarm->sessions[i]);
	free(swarm->sessions);
	(void)close(swarm->epoll);
}
