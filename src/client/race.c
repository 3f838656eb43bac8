/* SPDX-License-Identifier: ISC */

#include "client/race.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bsd/string.h>

#include "client/connect.h"
#include "client/failure.h"
#include "client/interrupts.h"
#include "common/units.h"

_Static_assert((int)TARGET_ADDRESSES_MAX <= (int)INTERRUPTS_POLL_MAX,
    "all attempts are waited for at once");

static const int64_t attempt_delay = 250 * MSEC; /* RFC 8305, section 5 */

static void
end_attempt(struct attempt *attempt, int error)
{
	attempt->ended = clock_now();
	attempt->error = error;
	if (attempt->fd != -1 && error != 0) {
		(void)close(attempt->fd);
		attempt->fd = -1;
	}
}

/* Closes the pending attempts. */
void
race_cancel(struct race *race)
{
	for (size_t i = 0; i < race->count; i++)
		if (race->attempts[i].error == EINPROGRESS)
			end_attempt(&race->attempts[i], ECANCELED);
}

static void
fail_attempt(struct race *race, struct attempt *attempt, int error)
{
	end_attempt(attempt, error);
	race->error = error;
	race->next_at = attempt->ended;
}

static bool
has_next(const struct race *race)
{
	return race->count < race->target->address_count;
}

static void
start_next(struct race *race)
{
	struct attempt *attempt = &race->attempts[race->count];

	*attempt =
	    (struct attempt){.address = &race->target->addresses[race->count++],
		.began = clock_now(),
		.error = EINPROGRESS};
	race->next_at = attempt->began + attempt_delay;
	attempt->fd = connect_start(race->target, attempt->address);
	if (attempt->fd == -1)
		fail_attempt(race, attempt, errno);
}

/* Ends the race, or starts all attempts that are due by now. */
static enum race_state
go_on(struct race *race)
{
	if (race->winner != NULL) {
		race_cancel(race);
		return RACE_WON;
	}
	while (has_next(race) && clock_now() >= race->next_at)
		start_next(race);
	for (size_t i = 0; i < race->count; i++)
		if (race->attempts[i].error == EINPROGRESS)
			return RACE_PENDING;
	return RACE_LOST;
}

enum race_state
race_begin(struct race *race, const struct target *target)
{
	*race = (struct race){.target = target};
	return go_on(race);
}

static int64_t
deadline(const struct race *race, const struct attempt *attempt)
{
	int64_t timeout = race->target->asked->timeout;

	if (attempt->error != EINPROGRESS || timeout == 0)
		return INT64_MAX;
	return attempt->began + timeout;
}

static int64_t
next_event(const struct race *race, int64_t until)
{
	int64_t at = until;

	if (has_next(race) && race->next_at < at)
		at = race->next_at;
	for (size_t i = 0; i < race->count; i++)
		if (deadline(race, &race->attempts[i]) < at)
			at = deadline(race, &race->attempts[i]);
	return at;
}

static void
advance(struct race *race, struct attempt *attempt, bool ready, int64_t now)
{
	int error =
	    ready ? connect_finish(race->target, attempt->fd) : ETIMEDOUT;

	if (error == 0) {
		end_attempt(attempt, 0);
		race->winner = attempt;
	} else if (ready || now >= deadline(race, attempt)) {
		fail_attempt(race, attempt, error);
	}
}

enum race_state
race_wait(struct race *race, int64_t until)
{
	struct pollfd pfds[TARGET_ADDRESSES_MAX];

	for (size_t i = 0; i < race->count; i++)
		pfds[i] = (struct pollfd){
		    .fd = race->attempts[i].fd, .events = POLLOUT};
	(void)interrupts_poll(pfds, race->count, next_event(race, until));
	int64_t now = clock_now();
	for (size_t i = 0; i < race->count && race->winner == NULL; i++)
		if (race->attempts[i].error == EINPROGRESS)
			advance(race, &race->attempts[i], pfds[i].revents != 0,
			    now);
	return go_on(race);
}

int
race_run(struct race *race, const struct target *target)
{
	enum race_state state = race_begin(race, target);

	while (state == RACE_PENDING && !interrupts_stop())
		state = race_wait(race, INT64_MAX);
	if (state == RACE_PENDING) {
		race_cancel(race);
		race->error = EINTR;
	}
	return state == RACE_WON ? race->winner->fd : -1;
}

int64_t
race_span(const struct race *race)
{
	int64_t ended = 0;

	for (size_t i = 0; i < race->count; i++)
		if (race->winner == NULL && race->attempts[i].ended > ended)
			ended = race->attempts[i].ended;
	if (race->winner != NULL)
		ended = race->winner->ended;
	return ended - race->attempts[0].began;
}

const char *
attempt_outcome(const struct attempt *attempt)
{
	if (attempt->error == 0)
		return "connected";
	if (attempt->error == ECANCELED)
		return "abandoned";
	return failure_name(failure_from_errno(attempt->error));
}

const char *
race_describe(const struct race *race, char buf[RACE_STRLEN])
{
	char address[ADDR_STRLEN], span[UNITS_STRLEN];
	size_t n = 0;

	buf[0] = '\0';
	if (race->winner == NULL && race->count == 1)
		(void)strlcpy(buf, strerror(race->error), RACE_STRLEN);
	for (size_t i = 0; i < race->count; i++) {
		const struct attempt *a = &race->attempts[i];
		if (a == race->winner || race->count == 1)
			continue;
		n += (size_t)snprintf(buf + n, RACE_STRLEN - n,
		    "%s%s %s after %s", n > 0 ? ", " : "",
		    addr_format(a->address, address), attempt_outcome(a),
		    units_format_span((double)(a->ended - a->began), span));
	}
	return buf;
}
