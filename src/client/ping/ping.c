/* SPDX-License-Identifier: ISC */

/*
 * echoc ping: a message every interval over one connection, or over a new one
 * each time, until told to stop.
 *
 * Messages follow each other on the interval whether or not earlier ones have
 * been answered.
 */

#include <stdbool.h>
#include <stdio.h>

#include "client/commands.h"
#include "client/interrupts.h"
#include "client/output.h"
#include "client/ping/link.h"
#include "client/ping/summary.h"

enum {
	SIZE_MAX_PING = 16 * 1024 * 1024
};

static const int64_t outage_interval = 10 * MSEC;

struct ping_options {
	struct target_options target; /* first: see TARGET_ROWS */
	uint64_t count, size;
	int64_t interval, deadline;
	bool timestamps, connect_each;
	const char *fail_if;
};

#define PING_OFFSET(member) offsetof(struct ping_options, member)

static const struct option_row rows[] = {
    {'c', OPTION_COUNT, "count", "N", PING_OFFSET(count), 1, INT64_MAX,
	"stop after N messages"},
    {'i', OPTION_SPAN, "interval", "TIME", PING_OFFSET(interval), 0,
	SEC * 3600 * 24, "a message this often (1s); 0 = after each answer"},
    {'s', OPTION_SIZE, "size", "BYTES", PING_OFFSET(size), 1, SIZE_MAX_PING,
	"of a message (64)"},
    {'w', OPTION_SPAN, "deadline", "TIME", PING_OFFSET(deadline), 0,
	INT64_MAX / 2, "stop after this long"},
    {'D', OPTION_FLAG, "timestamps", NULL, PING_OFFSET(timestamps), 0, 0,
	"begin lines with the time of day"},
    {0, OPTION_FLAG, "connect-each", NULL, PING_OFFSET(connect_each), 0, 0,
	"open a new connection for each message"},
    {0, OPTION_TEXT, "fail-if", "CONDITIONS", PING_OFFSET(fail_if), 0, 0,
	"exit 1 if one is met, as in 'p99>5ms,loss>1%'"},
    TARGET_ROWS("5s", "print the summary only; with JSON no text at all"),
    {.name = NULL},
};

static const struct command command = {
    "ping", "Measures the round trips of messages to an echo server", rows};

struct ping {
	struct ping_options options;
	struct target target;
	struct results results;
	struct ping_link link;
	int64_t began;
	int64_t due; /* when the next message is */
};

/* May another message be sent once its time has come? */
static bool
has_next(const struct ping *ping)
{
	const struct ping_options *options = &ping->options;
	const struct ping_link *link = &ping->link;
	uint64_t under_way = link->next - link->oldest;

	if (options->count != 0 && ping->results.sent == options->count)
		return false;
	if (options->connect_each || options->interval == 0 ||
	    link->state != PING_LINK_UP)
		return under_way == 0;
	return under_way < PING_IN_FLIGHT_MAX;
}

static void
send_next(struct ping *ping, int64_t now)
{
	int64_t interval = ping->options.interval;

	/* attempts that fail at once must not become a flood */
	if (ping->link.outage_began != 0 && interval < outage_interval)
		interval = outage_interval;
	ping->due += interval;
	if (ping->due < now)
		ping->due = now; /* do not catch up: see ping(8) */
	ping_link_send(&ping->link, now);
}

/* When to stop; INT64_MAX = no time is set. */
static int64_t
end_time(const struct ping *ping)
{
	if (ping->options.deadline == 0)
		return INT64_MAX;
	return ping->began + ping->options.deadline;
}

static bool
finished(const struct ping *ping, int64_t now)
{
	const struct ping_link *link = &ping->link;
	uint64_t count = ping->options.count;

	if (interrupts_stop() || now >= end_time(ping) || ferror(stdout))
		return true;
	return count != 0 && ping->results.sent == count &&
	       link->oldest == link->next;
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* When something must be done even if nothing happens. */
static int64_t
next_event(const struct ping *ping)
{
	int64_t at = earlier(end_time(ping), ping_link_deadline(&ping->link));

	return has_next(ping) ? earlier(at, ping->due) : at;
}

static void
run(struct ping *ping)
{
	int64_t now;

	while (now = clock_now(), !finished(ping, now)) {
		if (interrupts_take_interim())
			ping_summary_interim(stderr, &ping->results);
		if (ping_link_expire(&ping->link, now))
			continue;
		int64_t until = next_event(ping);
		if (has_next(ping) && now >= ping->due)
			send_next(ping, now);
		/* after sending too: answers and signals must come in */
		ping_link_wait(&ping->link, until);
	}
}

/*
 * What is unanswered at the end is lost, except that Ctrl-C does not make a
 * loss of the one message that has not yet had its interval.
 */
static void
settle(struct ping *ping, int64_t now)
{
	struct ping_link *link = &ping->link;

	if (interrupts_stop() && link->oldest + 1 == link->next &&
	    ping->results.answered > 0 &&
	    now - ping_link_oldest_sent(link) < ping->options.interval) {
		link->next--;
		ping->results.sent--;
	}
	ping_link_end(link, now);
	ping->results.elapsed = now - ping->began;
	results_derive(&ping->results);
}

static void
parse(struct ping *ping, int argc, char **argv)
{
	struct ping_options *options = &ping->options;
	struct results *results = &ping->results;
	const char *host = options_parse(&command, argc, argv, options);

	results_parse_conditions(results, &command, options->fail_if);
	target_open(&ping->target, &command, &options->target, host);
	results->host = ping->target.name.host;
	results->size = options->size;
	results->connect_each = options->connect_each;
	ping->link.target = &ping->target;
	ping->link.results = results;
	output_open(&options->target, results);
	if (options->timestamps)
		output_add_time();
}

int
ping_main(int argc, char **argv)
{
	static struct ping ping = {.options = {.size = 64,
				       .interval = SEC,
				       .target = {.timeout = 5 * SEC}},
	    .results = {.use = USE_PING, .subcommand = "ping"}};

	parse(&ping, argc, argv);
	target_resolve(&ping.target);
	interrupts_init();
	ping_link_init(&ping.link);
	ping.began = ping.due = clock_now();
	run(&ping);
	settle(&ping, clock_now());
	if (output_summary() != NULL)
		ping_summary(output_summary(), &ping.results);
	return output_end(results_verdict(&ping.results, output_complaints()));
}
