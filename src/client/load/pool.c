/* SPDX-License-Identifier: ISC */

#include "client/load/pool.h"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/interrupts.h"
#include "client/load/connection.h"
#include "client/output.h"

enum {
	EVENTS = 512,
	SPARE_DESCRIPTORS = 16,
	UNSENT_STEPS = 100000
};

static const int64_t rest_after_failure = 10 * MSEC;

/* Fails all messages under way, including those whose answers arrive slowly. */
static void
give_up(struct pool *pool)
{
	struct load_connection *connection;

	while ((connection = TAILQ_FIRST(&pool->waiting)) != NULL)
		connection_fail(pool, connection, FAILURE_TIMEOUT);
}

static void
expire(struct pool *pool)
{
	int64_t timeout = pool->target->asked->timeout;
	struct load_connection *connection;

	if (timeout > 0 && pool->stopping &&
	    pool->schedule.ends + timeout <= pool->now)
		give_up(pool);
	while (timeout > 0 &&
	       (connection = TAILQ_FIRST(&pool->waiting)) != NULL &&
	       connection->since + timeout <= pool->now)
		connection_fail(pool, connection, FAILURE_TIMEOUT);
	while ((connection = TAILQ_FIRST(&pool->resting)) != NULL &&
	       connection->since + rest_after_failure <= pool->now)
		connection_wake(pool, connection);
}

static void
dispatch(struct pool *pool)
{
	struct load_connection *connection;

	while ((connection = TAILQ_FIRST(&pool->idle)) != NULL &&
	       schedule_is_due(&pool->schedule, pool->now))
		connection_start_message(pool, connection);
}

/*
 * Counts messages that were due but never sent, with the least that they have
 * waited.  They may be billions; their waits are evenly spread.
 */
static void
count_unsent(struct pool *pool)
{
	struct schedule *schedule = &pool->schedule;
	uint64_t left, step;

	if (schedule->rate == 0)
		return;
	pool->report->unsent = left = schedule_left(schedule);
	for (step = left / UNSENT_STEPS + 1; left > 0; left -= step) {
		if (step > left)
			step = left;
		histogram_record_times(&pool->corrected,
		    schedule->ends - schedule_due(schedule, pool->now), step);
		schedule->taken += step;
	}
}

/* Starts or stops the clock. */
static void
advance(struct pool *pool)
{
	if (pool->schedule.began == 0 && pool->warming == 0) {
		pool->schedule.began = pool->now;
		pool->schedule.ends = pool->now + pool->report->asked.duration;
	}
	if (interrupts_stop() && !pool->stopping && pool->schedule.began != 0)
		pool->schedule.ends = pool->now;
	if (pool->schedule.began == 0 || pool->stopping ||
	    pool->now < pool->schedule.ends)
		return;
	pool->stopping = true;
	pool->report->elapsed = pool->schedule.ends - pool->schedule.began;
	count_unsent(pool);
}

static bool
is_over(const struct pool *pool)
{
	return interrupts_stop() ||
	       (pool->stopping && TAILQ_EMPTY(&pool->waiting));
}

static int64_t
next_event(const struct pool *pool, int64_t until)
{
	const struct load_connection *connection;
	int64_t at = until;

	if (pool->schedule.began != 0 && !pool->stopping)
		at = clock_earlier(at, pool->schedule.ends);
	else if (pool->stopping && pool->target->asked->timeout > 0)
		at = clock_earlier(
		    at, pool->schedule.ends + pool->target->asked->timeout);
	if ((connection = TAILQ_FIRST(&pool->waiting)) != NULL &&
	    pool->target->asked->timeout > 0)
		at = clock_earlier(
		    at, connection->since + pool->target->asked->timeout);
	if ((connection = TAILQ_FIRST(&pool->resting)) != NULL)
		at = clock_earlier(at, connection->since + rest_after_failure);
	if (!TAILQ_EMPTY(&pool->idle) && pool->schedule.began != 0 &&
	    !pool->stopping)
		at =
		    clock_earlier(at, schedule_due(&pool->schedule, pool->now));
	return at;
}

/*
 * Reads the clock before a wait for a due message, so that this is not late by
 * a batch of events, and after each wait, because answers after the end are
 * late.
 */
static void
sleep_until(struct pool *pool, int64_t at)
{
	struct epoll_event events[EVENTS];

	if (pool->schedule.rate > 0)
		pool->now = clock_now();
	int n = interrupts_epoll(pool->epoll, events, EVENTS, pool->now, at);
	pool->now = clock_now();
	advance(pool);
	for (int i = 0; i < n; i++)
		connection_handle(pool, events[i].data.ptr, events[i].events);
}

bool
pool_run(struct pool *pool, int64_t until)
{
	pool->now = clock_now();
	do {
		advance(pool);
		if (is_over(pool))
			return true;
		expire(pool);
		dispatch(pool);
		sleep_until(pool, next_event(pool, until));
	} while (pool->now < until && !interrupts_interim());
	return false;
}

void
pool_collect(struct pool *pool)
{
	histogram_merge(&pool->report->raw, &pool->raw);
	histogram_merge(&pool->report->corrected, &pool->corrected);
	memset(&pool->raw, 0, sizeof pool->raw);
	memset(&pool->corrected, 0, sizeof pool->corrected);
	if (!pool->stopping && pool->schedule.began != 0)
		pool->report->elapsed = pool->now - pool->schedule.began;
}

static void
raise_limit(uint64_t count)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		fatal("getrlimit");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		fatal("setrlimit");
	if (count + SPARE_DESCRIPTORS > limit.rlim_cur)
		fatalx("%ju connections: this process may have %ju files open",
		    (uintmax_t)count, (uintmax_t)limit.rlim_cur);
}

void
pool_open(struct pool *pool)
{
	uint64_t n = pool->report->asked.connections;

	pool->schedule.rate = pool->report->asked.rate;
	raise_limit(n);
	/* the default timer slack of 50 us would delay messages */
	(void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
	if ((pool->epoll = epoll_create1(EPOLL_CLOEXEC)) == -1)
		fatal("epoll_create1");
	interrupts_watch(pool->epoll);
	if ((pool->connections =
		    calloc((size_t)n, sizeof *pool->connections)) == NULL)
		fatal("memory");
	TAILQ_INIT(&pool->idle);
	TAILQ_INIT(&pool->waiting);
	TAILQ_INIT(&pool->resting);
	pool->now = clock_now();
	for (uint64_t i = 0; i < n; i++) {
		pool->connections[i].stream.fd = -1;
		TAILQ_INSERT_TAIL(&pool->idle, &pool->connections[i], link);
	}
	if (pool->report->asked.churn)
		return;
	pool->warming = n;
	for (uint64_t i = 0; i < n; i++)
		connection_open(pool, &pool->connections[i]);
}

void
pool_close(struct pool *pool)
{
	const struct load_connection *c;

	for (c = TAILQ_FIRST(&pool->waiting); c != NULL;
	     c = TAILQ_NEXT(c, link))
		pool->report->in_flight += c->has_message;
	for (uint64_t i = 0; i < pool->report->asked.connections; i++)
		stream_close(&pool->connections[i].stream);
	free(pool->connections);
	(void)close(pool->epoll);
}
