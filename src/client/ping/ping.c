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
#include "client/ping/nagios.h"
#include "client/ping/summary.h"

enum {
	SIZE_MAX_PING = 16 * 1024 * 1024,
	NAGIOS_COUNT = 5 /* messages when neither -c nor -w is given */
};

static const int64_t outage_interval = 10 * MSEC;

struct ping_options {
	struct target_options target; /* first: see TARGET_ROWS */
	uint64_t count, size;
	int64_t interval, deadline;
	bool timestamps, connect_each, nagios;
	const char *fail_if, *warning, *critical, *hgrm;
};

#define PING_OFFSET(member) offsetof(struct ping_options, member)

static const struct option_row rows[] = {
    OPTION('c', type_count, "count", "N", PING_OFFSET(count), 1, INT64_MAX,
	"stop after N messages"),
    OPTION('i', type_span, "interval", "TIME", PING_OFFSET(interval), 0,
	SEC * 3600 * 24, "a message this often (1s); 0 = after each answer"),
    OPTION('s', type_size, "size", "BYTES", PING_OFFSET(size), 1, SIZE_MAX_PING,
	"of a message (64)"),
    OPTION('w', type_span, "deadline", "TIME", PING_OFFSET(deadline), 0,
	INT64_MAX / 2, "stop after this long"),
    OPTION('D', type_flag, "timestamps", NULL, PING_OFFSET(timestamps), 0, 0,
	"begin lines with the time of day"),
    OPTION(0, type_flag, "connect-each", NULL, PING_OFFSET(connect_each), 0, 0,
	"open a new connection for each message"),
    OPTION(0, type_word, "fail-if", "CONDITIONS", PING_OFFSET(fail_if), 0, 0,
	"exit 1 if one is met, as in 'p99>5ms,loss>1%'"),
    OPTION(0, type_word, "hgrm", "FILE", PING_OFFSET(hgrm), 0, 0,
	"write percentiles for HdrHistogram's plotters"),
    OPTION(0, type_flag, "nagios", NULL, PING_OFFSET(nagios), 0, 0,
	"one line and status of a monitoring plugin"),
    OPTION(0, type_word, "warning", "CONDITIONS", PING_OFFSET(warning), 0, 0,
	"with --nagios: status 1 if one is met"),
    OPTION(0, type_word, "critical", "CONDITIONS", PING_OFFSET(critical), 0, 0,
	"with --nagios: status 2 if one is met"),
    TARGET_ROWS("5s", "print the summary only; with JSON no text at all"),
    {.name = NULL},
};

static const struct command command = {"ping",
    "Measures the round trips of messages to an echo server", rows,
    "HOST[:PORT]"};

struct ping {
	struct ping_options options;
	struct target target;
	struct results results;
	struct threshold_list warning, critical;
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

/* When something must be done even if nothing happens. */
static int64_t
next_event(const struct ping *ping)
{
	int64_t at =
	    clock_earlier(end_time(ping), ping_link_deadline(&ping->link));

	return has_next(ping) ? clock_earlier(at, ping->due) : at;
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
 * Counts messages without an answer as lost, at the end.  After Ctrl-C, the
 * last message is not lost if it is the only one and its interval is not over.
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
parse_nagios(struct ping *ping)
{
	struct ping_options *o = &ping->options;

	threshold_option(&command, "warning", o->warning, &ping->warning);
	threshold_option(&command, "critical", o->critical, &ping->critical);
	if (!o->nagios && (o->warning != NULL || o->critical != NULL))
		options_fail(
		    &command, "--warning and --critical need --nagios");
	if (o->nagios &&
	    (o->target.json || o->target.json_stream || o->fail_if != NULL))
		options_fail(&command, "--nagios excludes JSON and --fail-if");
	if (o->nagios && o->count == 0 && o->deadline == 0)
		o->count = NAGIOS_COUNT;
}

static int
report(struct ping *ping, FILE *hgrm)
{
	const struct results *results = &ping->results;

	if (hgrm != NULL)
		histogram_write_hgrm(hgrm, &results->raw);
	output_file_close(hgrm, ping->options.hgrm);
	if (ping->options.nagios)
		return nagios_report(results, &ping->warning, &ping->critical);
	if (output_summary() != NULL)
		ping_summary(output_summary(), results);
	return output_end(results_verdict(results, output_complaints()));
}

static void
parse(struct ping *ping, int argc, char **argv)
{
	struct ping_options *options = &ping->options;
	struct results *results = &ping->results;
	const char *host = options_parse_host(&command, argc, argv, options);

	threshold_option(
	    &command, "fail-if", options->fail_if, &results->thresholds);
	parse_nagios(ping);
	target_open(&ping->target, &command, &options->target, host);
	results->host = ping->target.name.host;
	results->size = options->size;
	results->connect_each = options->connect_each;
	ping->link.target = &ping->target;
	ping->link.results = results;
	output_open(&options->target, results);
	if (options->timestamps)
		output_add_time();
	if (options->nagios)
		output_use_nagios();
}

int
ping_main(int argc, char **argv)
{
	static struct ping ping = {.options = {.size = 64,
				       .interval = SEC,
				       .target = {.timeout = 5 * SEC}},
	    .results = {.use = USE_PING, .subcommand = "ping"}};

	parse(&ping, argc, argv);
	FILE *hgrm = output_file(ping.options.hgrm);
	target_resolve(&ping.target);
	interrupts_init();
	ping_link_init(&ping.link);
	ping.began = ping.due = clock_now();
	run(&ping);
	settle(&ping, clock_now());
	return report(&ping, hgrm);
}
