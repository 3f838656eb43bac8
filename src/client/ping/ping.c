/* SPDX-License-Identifier: ISC */

/*
 * echoc ping: sends a message every interval, on one connection or each on a
 * new one.  It does not wait for the answers to earlier messages.
 */

#include <stdbool.h>
#include <stdio.h>

#include "client/interrupts.h"
#include "client/output.h"
#include "client/ping/link.h"
#include "client/ping/nagios.h"

enum {
	NAGIOS_COUNT = 5 /* messages when neither -c nor -w is given */
};

static const int64_t outage_interval = 10 * MSEC;

struct ping {
	const struct options *options;
	struct results *results;
	struct ping_link link;
	int64_t began;
	int64_t due; /* of the next message */
};

/* Whether another message may be sent. */
static bool
has_next(const struct ping *ping)
{
	const struct options *options = ping->options;
	const struct ping_link *link = &ping->link;
	uint64_t under_way = link->next - link->oldest;

	if (options->count != 0 && ping->results->sent == options->count)
		return false;
	if (options->connect_each || options->interval == 0 ||
	    link->state != PING_LINK_UP)
		return under_way == 0;
	return under_way < PING_IN_FLIGHT_MAX;
}

static void
send_next(struct ping *ping, int64_t now)
{
	int64_t interval = ping->options->interval;

	/* do not flood the server with failing attempts */
	if (ping->link.outage_began != 0 && interval < outage_interval)
		interval = outage_interval;
	ping->due += interval;
	if (ping->due < now)
		ping->due = now; /* do not catch up, like ping(8) */
	ping_link_send(&ping->link, now);
}

/* The time to stop; INT64_MAX = none. */
static int64_t
end_time(const struct ping *ping)
{
	if (ping->options->deadline == 0)
		return INT64_MAX;
	return ping->began + ping->options->deadline;
}

static bool
finished(const struct ping *ping, int64_t now)
{
	const struct ping_link *link = &ping->link;
	uint64_t count = ping->options->count;

	if (interrupts_stop() || now >= end_time(ping) || ferror(stdout))
		return true;
	return count != 0 && ping->results->sent == count &&
	       link->oldest == link->next;
}

/* The time of the next timeout. */
static int64_t
next_event(const struct ping *ping)
{
	int64_t at =
	    clock_earlier(end_time(ping), ping_link_deadline(&ping->link));

	return has_next(ping) ? clock_earlier(at, ping->due) : at;
}

/* Prints a line of interim results. */
static void
print_interim(struct results *r)
{
	results_derive(r);
	results_text(stderr, r,
	    "{answered}/{sent} answers, {loss_percent}% lost, {wrong} wrong, ");
	latency_text(stderr, &r->raw, "min/avg/max = {min}/{avg}/{max} ms\n");
}

/* Prints the summary, in the words of ping(8) where possible. */
static void
print_summary(FILE *out, const struct results *r)
{
	static const char spread[] =
	    " min/avg/max/mdev = {min}/{avg}/{max}/{stddev} ms\n";

	results_text(out, r,
	    "\n--- {host} echo statistics ---\n"
	    "{sent} sent, {answered} received, {lost} lost ({loss_percent}%), "
	    "{wrong} wrong, {connects} connections, time {seconds} s\n");
	if (r->reconnections > 0 || r->outages > 0)
		results_text(out, r,
		    "reconnections {reconnections}, outages {outages} of"
		    " {outage_seconds~} in all\n");
	if (r->raw.count > 0) {
		(void)fputs("rtt", out);
		latency_text(out, &r->raw, spread);
		latency_text(
		    out, &r->raw, "rtt p50/p90/p99 = {p50}/{p90}/{p99} ms\n");
	}
	if (r->asked.connect_each && r->connect.count > 0) {
		(void)fputs("connect", out);
		latency_text(out, &r->connect, spread);
	}
	if (r->tcp.known)
		results_text(out, r,
		    "kernel's rtt/rttvar = {rtt_ms}/{rttvar_ms} ms, "
		    "{retransmits} retransmits (TCP_INFO)\n");
}

static void
run(struct ping *ping)
{
	int64_t now;

	while (now = clock_now(), !finished(ping, now)) {
		if (interrupts_take_interim())
			print_interim(ping->results);
		if (ping_link_expire(&ping->link, now))
			continue;
		int64_t until = next_event(ping);
		if (has_next(ping) && now >= ping->due)
			send_next(ping, now);
		/*
		 * even if a message was just sent, to handle answers and
		 * signals
		 */
		ping_link_wait(&ping->link, until);
	}
}

/*
 * Counts unanswered messages as lost, at the end.  After Ctrl-C, a single
 * message whose interval has not passed is not lost.
 */
static void
settle(struct ping *ping, int64_t now)
{
	struct ping_link *link = &ping->link;

	if (interrupts_stop() && link->oldest + 1 == link->next &&
	    ping->results->answered > 0 &&
	    now - ping_link_oldest_sent(link) < ping->options->interval) {
		link->next--;
		ping->results->sent--;
	}
	ping_link_end(link, now);
	ping->results->elapsed = now - ping->began;
	results_derive(ping->results);
}

/*
 * Checks for options that exclude each other, and sets the count of --nagios.
 */
static void
check_options(struct options *o)
{
	if (!o->nagios && (o->warning != NULL || o->critical != NULL))
		options_fail("--warning and --critical need --nagios");
	if (o->nagios && (o->json || o->json_stream || o->fail_if != NULL))
		options_fail("--nagios excludes JSON and --fail-if");
	if (o->nagios && o->count == 0 && o->deadline == 0)
		o->count = NAGIOS_COUNT;
}

int
ping_run(struct results *results, char **operands)
{
	static struct threshold_list warning, critical;
	static struct target target;
	static struct ping ping;
	const struct options *options = &results->asked;

	ping.options = options;
	ping.results = ping.link.results = results;
	ping.link.target = &target;
	check_options(&results->asked);
	threshold_option("fail-if", options->fail_if, &results->thresholds);
	threshold_option("warning", options->warning, &warning);
	threshold_option("critical", options->critical, &critical);
	target_open(&target, options, operands);
	output_open(results, &target);
	FILE *hgrm = output_file(options->hgrm);
	target_resolve(&target);
	interrupts_init();
	ping_link_init(&ping.link);
	ping.began = ping.due = clock_now();
	run(&ping);
	settle(&ping, clock_now());
	if (hgrm != NULL)
		histogram_write_hgrm(hgrm, &results->raw);
	output_file_close(hgrm, options->hgrm);
	if (options->nagios)
		return nagios_report(results, &warning, &critical);
	if (output_summary() != NULL)
		print_summary(output_summary(), results);
	return output_end(results_verdict(results, output_complaints()));
}
