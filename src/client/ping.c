/* SPDX-License-Identifier: ISC */

/*
 * echoc ping: a message every interval over one connection, or over a new one
 * each time, until told to stop.
 *
 * Messages follow each other on the interval whether or not earlier ones have
 * been answered.  A connection on which one was lost is given up, with all
 * that was under way on it, and the next message opens a new one.
 */

#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/commands.h"
#include "client/connect.h"
#include "client/interrupts.h"
#include "client/payload.h"
#include "client/ping_report.h"
#include "client/threshold.h"
#include "client/units.h"

enum {
	IN_FLIGHT_MAX = 1 << 14, /* messages under way at most */
	CHUNK = 64 * 1024,
	SIZE_MAX_PING = 16 * 1024 * 1024
};

struct ping_options {
	struct target_options target; /* first: see TARGET_ROWS */
	uint64_t count, size;
	int64_t interval, deadline;
	bool quiet, timestamps, connect_each;
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
    {'q', OPTION_FLAG, "quiet", NULL, PING_OFFSET(quiet), 0, 0,
	"print the summary only"},
    {'D', OPTION_FLAG, "timestamps", NULL, PING_OFFSET(timestamps), 0, 0,
	"begin lines with the time of day"},
    {0, OPTION_FLAG, "connect-each", NULL, PING_OFFSET(connect_each), 0, 0,
	"open a new connection for each message"},
    {0, OPTION_TEXT, "fail-if", "CONDITIONS", PING_OFFSET(fail_if), 0, 0,
	"exit 1 if one is met, as in 'p99>5ms,loss>1%'"},
    TARGET_ROWS("5s"),
    {.name = NULL},
};

static const struct command command = {
    "ping", "Measures the round trips of messages to an echo server", rows};

enum link {
	LINK_DOWN,
	LINK_CONNECTING,
	LINK_UP
};

struct ping {
	struct ping_options options;
	struct target target;
	struct threshold_list thresholds;
	struct ping_stats stats;
	char peer[ADDR_STRLEN];

	/* the connection */
	enum link link;
	struct attempt attempt;
	int fd;
	uint64_t stream, written, read; /* its payload, and positions in it */
	uint64_t base;                  /* seq of its first message */
	int64_t connect_time;
	uint32_t retransmits;

	/* messages are numbered from 1; oldest <= seq < next are under way */
	uint64_t oldest, next;
	int64_t sent[IN_FLIGHT_MAX]; /* when, by seq % IN_FLIGHT_MAX */
	int64_t due;                 /* when the next one is */

	int64_t outage_began; /* 0 = none */
	uint64_t outage_lost;
};

static int64_t *
sent_time(struct ping *ping, uint64_t seq)
{
	return &ping->sent[seq % IN_FLIGHT_MAX];
}

static struct ping_line
line_of(const struct ping *ping, uint64_t seq)
{
	return (struct ping_line){.timestamp = ping->options.timestamps,
	    .peer = ping->peer,
	    .seq = seq};
}

static void
set_peer(struct ping *ping, const struct addrinfo *address)
{
	struct addr addr;

	if (addr_from_sockaddr(&addr, address->ai_addr))
		(void)addr_format(&addr, ping->peer);
}

/* Asks the kernel for its own view of the connection. */
static void
note_tcp_info(struct ping *ping)
{
	struct tcp_info info;
	socklen_t length = sizeof info;

	if (ping->link != LINK_UP || ping->read == 0 ||
	    getsockopt(ping->fd, IPPROTO_TCP, TCP_INFO, &info, &length) == -1)
		return;
	ping->stats.have_tcp = true;
	ping->stats.tcp_rtt = info.tcpi_rtt;
	ping->stats.tcp_rttvar = info.tcpi_rttvar;
	ping->stats.tcp_retransmits +=
	    info.tcpi_total_retrans - ping->retransmits;
	ping->retransmits = info.tcpi_total_retrans;
}

static void
disconnect(struct ping *ping)
{
	note_tcp_info(ping);
	if (ping->link == LINK_CONNECTING)
		attempt_cancel(&ping->attempt);
	else if (ping->link == LINK_UP)
		(void)close(ping->fd);
	ping->link = LINK_DOWN;
}

/* Counts all messages under way as lost and gives up the connection. */
static void
lose(struct ping *ping, const char *why)
{
	if (ping->outage_began == 0 && ping->oldest < ping->next)
		ping->outage_began = *sent_time(ping, ping->oldest);
	for (; ping->oldest < ping->next; ping->oldest++) {
		struct ping_line line = line_of(ping, ping->oldest);
		if (!ping->options.quiet)
			ping_report_loss(&line, why);
		ping->stats.lost++;
		ping->outage_lost++;
	}
	disconnect(ping);
}

static void
note_answer(struct ping *ping, int64_t now)
{
	uint64_t seq = ping->oldest++;
	int64_t time = now - *sent_time(ping, seq);
	struct ping_line line = line_of(ping, seq);

	if (ping->outage_began != 0 && !ping->options.quiet)
		ping_report_outage(
		    &line, now - ping->outage_began, ping->outage_lost);
	ping->outage_began = 0;
	ping->outage_lost = 0;
	ping->stats.received++;
	histogram_record(&ping->stats.times, time);
	if (!ping->options.quiet)
		ping_report_answer(&line, ping->options.size,
		    ping->options.connect_each ? ping->connect_time : -1, time);
	if (ping->options.connect_each)
		disconnect(ping);
	if (ping->options.interval == 0)
		ping->due = now;
}

/* The answer differs from what was sent at this position of the stream. */
static void
note_wrong(struct ping *ping, uint64_t position, uint8_t got)
{
	struct ping_line line = line_of(ping, ping->oldest);

	if (!ping->options.quiet)
		ping_report_wrong(&line, position % ping->options.size, got,
		    payload_byte(ping->stream, position));
	ping->stats.wrong++;
	ping->oldest++;
	lose(ping, "the connection was given up");
}

static void
note_unasked(struct ping *ping, uint64_t bytes)
{
	struct ping_line line = line_of(ping, ping->oldest - 1);

	if (!ping->options.quiet)
		ping_report_unasked(&line, bytes);
	ping->stats.wrong++;
	lose(ping, "the connection was given up");
}

/* Takes in length bytes of answer. */
static void
digest(struct ping *ping, const uint8_t *buf, size_t length)
{
	uint64_t unread = ping->written - ping->read;
	size_t asked = length < unread ? length : (size_t)unread;
	size_t good = payload_verify(ping->stream, ping->read, buf, asked);
	uint64_t end = ping->read + good;
	int64_t now = clock_now();

	while (ping->link == LINK_UP &&
	       (ping->oldest - ping->base + 1) * ping->options.size <= end)
		note_answer(ping, now);
	ping->read = end;
	if (good < asked)
		note_wrong(ping, end, buf[good]);
	else if (asked < length)
		note_unasked(ping, length - asked);
}

static void
receive(struct ping *ping)
{
	static uint8_t buf[CHUNK];
	char why[96];
	ssize_t n = read(ping->fd, buf, sizeof buf);

	if (n > 0) {
		digest(ping, buf, (size_t)n);
	} else if (n == 0) {
		(void)snprintf(why, sizeof why,
		    "closed by the server after %ju of %ju bytes",
		    (uintmax_t)(ping->read % ping->options.size),
		    (uintmax_t)ping->options.size);
		lose(ping, why);
	} else if (errno != EAGAIN && errno != EINTR) {
		lose(ping, strerror(errno));
	}
}

static uint64_t
unwritten(const struct ping *ping)
{
	return (ping->next - ping->base) * ping->options.size - ping->written;
}

/* Writes as much of the messages under way as the kernel takes. */
static void
transmit(struct ping *ping)
{
	static uint8_t buf[CHUNK];
	uint64_t left;

	while ((left = unwritten(ping)) > 0) {
		size_t length = left < sizeof buf ? (size_t)left : sizeof buf;
		payload_fill(ping->stream, ping->written, buf, length);
		ssize_t n = send(ping->fd, buf, length, MSG_NOSIGNAL);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n == -1) {
			lose(ping, strerror(errno));
			return;
		}
		ping->written += (uint64_t)n;
	}
}

static void
link_up(struct ping *ping)
{
	int64_t now = clock_now();

	ping->link = LINK_UP;
	ping->fd = ping->attempt.fd;
	ping->stream = payload_stream();
	ping->written = ping->read = 0;
	ping->retransmits = 0;
	ping->base = ping->oldest;
	ping->connect_time = now - ping->attempt.began;
	ping->stats.connections++;
	histogram_record(&ping->stats.connects, ping->connect_time);
	set_peer(ping, ping->attempt.address);
	if (connect_greet(&ping->target, ping->fd) == -1) {
		lose(ping, strerror(errno));
		return;
	}
	*sent_time(ping, ping->oldest) = clock_now();
	transmit(ping);
}

static void
link_change(struct ping *ping, enum attempt_state state)
{
	if (state == ATTEMPT_DONE)
		link_up(ping);
	else if (state == ATTEMPT_FAILED)
		lose(ping, strerror(ping->attempt.error));
	else
		ping->link = LINK_CONNECTING;
}

/* May another message be sent once its time has come? */
static bool
has_next(const struct ping *ping)
{
	const struct ping_options *options = &ping->options;
	uint64_t under_way = ping->next - ping->oldest;

	if (options->count != 0 && ping->stats.sent == options->count)
		return false;
	if (options->connect_each || options->interval == 0 ||
	    ping->link != LINK_UP)
		return under_way == 0;
	return under_way < IN_FLIGHT_MAX;
}

static void
send_next(struct ping *ping, int64_t now)
{
	ping->stats.sent++;
	*sent_time(ping, ping->next++) = now;
	ping->due += ping->options.interval;
	if (ping->due < now)
		ping->due = now; /* do not catch up: see ping(8) */
	if (ping->link == LINK_UP)
		transmit(ping);
	else
		link_change(ping, attempt_begin(&ping->attempt, &ping->target));
}

static bool
finished(const struct ping *ping, int64_t now)
{
	const struct ping_options *options = &ping->options;

	if (interrupts_stop())
		return true;
	if (options->deadline != 0 &&
	    now >= ping->stats.began + options->deadline)
		return true;
	return options->count != 0 && ping->stats.sent == options->count &&
	       ping->oldest == ping->next;
}

/* When something must be done even if nothing happens. */
static int64_t
next_event(struct ping *ping)
{
	int64_t timeout = ping->options.target.timeout, at = INT64_MAX;

	if (has_next(ping))
		at = ping->due;
	if (ping->options.deadline != 0 &&
	    ping->stats.began + ping->options.deadline < at)
		at = ping->stats.began + ping->options.deadline;
	if (ping->link == LINK_CONNECTING &&
	    attempt_deadline(&ping->attempt) < at)
		at = attempt_deadline(&ping->attempt);
	if (ping->link == LINK_UP && ping->oldest < ping->next &&
	    timeout != 0 && *sent_time(ping, ping->oldest) + timeout < at)
		at = *sent_time(ping, ping->oldest) + timeout;
	return at;
}

static void
sleep_until(struct ping *ping, int64_t at)
{
	struct pollfd pfd = {.fd = -1, .events = POLLIN};
	int64_t now = clock_now();
	struct timespec timeout = clock_timespec(at > now ? at - now : 0);

	if (ping->link == LINK_UP)
		pfd.fd = ping->fd;
	if (ping->link == LINK_UP && unwritten(ping) > 0)
		pfd.events |= POLLOUT;
	if (ping->link == LINK_CONNECTING)
		pfd =
		    (struct pollfd){.fd = ping->attempt.fd, .events = POLLOUT};
	int ready = ppoll(
	    &pfd, 1, at == INT64_MAX ? NULL : &timeout, interrupts_mask());
	if (ready == -1 && errno != EINTR)
		err(STATUS_ERROR, "ppoll");
	if (ping->link == LINK_CONNECTING)
		link_change(ping, attempt_continue(&ping->attempt));
	else if (ready > 0 && (pfd.revents & ~POLLOUT) != 0)
		receive(ping);
	else if (ready > 0)
		transmit(ping);
}

/* Gives up on an answer that is overdue; returns whether there was one. */
static bool
expire(struct ping *ping, int64_t now)
{
	int64_t timeout = ping->options.target.timeout;
	char why[64], buf[UNITS_STRLEN];

	if (ping->link != LINK_UP || ping->oldest == ping->next ||
	    timeout == 0 || now < *sent_time(ping, ping->oldest) + timeout)
		return false;
	(void)snprintf(why, sizeof why, "nothing within %s",
	    units_format_span((double)timeout, buf));
	lose(ping, why);
	return true;
}

static void
run(struct ping *ping)
{
	int64_t now;

	while (now = clock_now(), !finished(ping, now)) {
		if (interrupts_take_interim())
			ping_report_interim(&ping->stats);
		if (expire(ping, now))
			continue;
		if (has_next(ping) && now >= ping->due)
			send_next(ping, now);
		else
			sleep_until(ping, next_event(ping));
	}
}

/*
 * What is unanswered at the end is lost, except that Ctrl-C does not make a
 * loss of the one message that has not yet had its interval.
 */
static void
settle(struct ping *ping, int64_t now)
{
	uint64_t last = ping->next - 1;

	if (interrupts_stop() && ping->oldest == last &&
	    ping->stats.received > 0 &&
	    now - *sent_time(ping, last) < ping->options.interval) {
		ping->next--;
		ping->stats.sent--;
	}
	lose(ping, "not answered when ping ended");
}

static int
verdict(const struct ping *ping)
{
	const struct ping_stats *stats = &ping->stats;
	double time = (double)(clock_now() - stats->began) / SEC;
	const struct measurements measured = {
	    .latency = &stats->times,
	    .loss = stats->sent == 0
			? 0
			: 100.0 * (double)stats->lost / (double)stats->sent,
	    .errors = (double)(stats->lost + stats->wrong),
	    .rate = (double)stats->received / time,
	    .conns = (double)stats->connections / time,
	};
	int status = STATUS_GOOD;

	if (stats->wrong > 0 ||
	    (stats->lost > 0 && !threshold_judges_loss(&ping->thresholds)))
		status = STATUS_BAD;
	for (size_t i = 0; i < ping->thresholds.count; i++)
		if (threshold_failed(&ping->thresholds.items[i], &measured)) {
			warnx("%s", ping->thresholds.items[i].text);
			status = STATUS_BAD;
		}
	return status;
}

int
ping_main(int argc, char **argv)
{
	static struct ping ping = {
	    .options = {.size = 64,
		.interval = SEC,
		.target = {.timeout = 5 * SEC}},
	    .oldest = 1,
	    .next = 1,
	};
	const char *host = options_parse(&command, argc, argv, &ping.options);
	const char *errstr;

	if (ping.options.fail_if != NULL &&
	    (errstr = threshold_parse(
		 ping.options.fail_if, &ping.thresholds)) != NULL)
		options_fail(
		    &command, "--fail-if=%s: %s", ping.options.fail_if, errstr);
	target_open(&ping.target, &command, &ping.options.target, host);
	interrupts_init();
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	set_peer(&ping, ping.target.addresses);
	(void)printf("ECHO %s (%s) %ju bytes of data\n", ping.target.name.host,
	    ping.peer, (uintmax_t)ping.options.size);
	ping.stats.began = ping.due = clock_now();
	run(&ping);
	settle(&ping, clock_now());
	ping_report_summary(
	    &ping.stats, ping.target.name.host, ping.options.connect_each);
	target_close(&ping.target);
	return verdict(&ping);
}
