/* SPDX-License-Identifier: ISC */

#include "client/ping/link.h"

#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <bsd/string.h>

#include "client/connect.h"
#include "client/interrupts.h"
#include "common/units.h"

static int64_t *
sent_time(struct ping_link *link, uint64_t seq)
{
	return &link->sent[seq % PING_IN_FLIGHT_MAX];
}

int64_t
ping_link_oldest_sent(const struct ping_link *link)
{
	return link->sent[link->oldest % PING_IN_FLIGHT_MAX];
}

static struct ping_line
line_of(const struct ping_link *link, uint64_t seq)
{
	return (struct ping_line){
	    .timestamp = link->timestamps, .peer = link->peer, .seq = seq};
}

void
ping_link_init(struct ping_link *link)
{
	link->oldest = link->next = 1;
	if (link->target->address_count == 1)
		(void)addr_format(link->target->addresses, link->peer);
	else
		(void)strlcpy(
		    link->peer, link->target->name.host, sizeof link->peer);
}

/* Asks the kernel for its own view of the connection. */
static void
note_tcp_info(struct ping_link *link)
{
	struct tcp_info info;
	socklen_t length = sizeof info;

	if (link->state != PING_LINK_UP || link->stream.read == 0 ||
	    getsockopt(
		link->stream.fd, IPPROTO_TCP, TCP_INFO, &info, &length) == -1)
		return;
	link->stats.have_tcp = true;
	link->stats.tcp_rtt = info.tcpi_rtt;
	link->stats.tcp_rttvar = info.tcpi_rttvar;
	link->stats.tcp_retransmits +=
	    info.tcpi_total_retrans - link->retransmits;
	link->retransmits = info.tcpi_total_retrans;
}

static void
disconnect(struct ping_link *link)
{
	note_tcp_info(link);
	if (link->state == PING_LINK_CONNECTING)
		race_cancel(&link->race);
	else if (link->state == PING_LINK_UP)
		stream_close(&link->stream);
	link->state = PING_LINK_DOWN;
}

void
ping_link_lose(struct ping_link *link, const char *why)
{
	if (link->outage_began == 0 && link->oldest < link->next)
		link->outage_began = ping_link_oldest_sent(link);
	for (; link->oldest < link->next; link->oldest++) {
		struct ping_line line = line_of(link, link->oldest);
		if (!link->quiet)
			ping_report_loss(&line, why);
		link->stats.lost++;
		link->outage_lost++;
	}
	disconnect(link);
}

static void
note_answer(struct ping_link *link, int64_t now)
{
	uint64_t seq = link->oldest++;
	int64_t time = now - *sent_time(link, seq);
	struct ping_line line = line_of(link, seq);

	if (link->outage_began != 0 && !link->quiet)
		ping_report_outage(
		    &line, now - link->outage_began, link->outage_lost);
	link->outage_began = 0;
	link->outage_lost = 0;
	link->stats.received++;
	histogram_record(&link->stats.times, time);
	if (!link->quiet)
		ping_report_answer(&line, link->size,
		    link->connect_each ? link->connect_time : -1, time);
	if (link->connect_each)
		disconnect(link);
}

/* The answer differs from what was sent. */
static void
note_wrong(struct ping_link *link)
{
	struct ping_line line = line_of(link, link->oldest);
	const struct stream *s = &link->stream;

	if (!link->quiet)
		ping_report_wrong(
		    &line, s->read % link->size, s->got, s->expected);
	link->stats.wrong++;
	link->oldest++;
	ping_link_lose(link, "the connection was given up");
}

static void
note_unasked(struct ping_link *link)
{
	struct ping_line line = line_of(link, link->oldest - 1);

	if (!link->quiet)
		ping_report_unasked(&line, link->stream.extra);
	link->stats.wrong++;
	ping_link_lose(link, "the connection was given up");
}

static void
note_end(struct ping_link *link)
{
	char why[96];

	(void)snprintf(why, sizeof why,
	    "closed by the server after %ju of %ju bytes",
	    (uintmax_t)(link->stream.read % link->size), (uintmax_t)link->size);
	ping_link_lose(link, why);
}

static void
receive(struct ping_link *link)
{
	enum stream_state state = stream_receive(&link->stream, 0);
	int error = errno;
	int64_t now = clock_now();

	while (
	    link->state == PING_LINK_UP &&
	    (link->oldest - link->base + 1) * link->size <= link->stream.read)
		note_answer(link, now);
	if (state == STREAM_WRONG)
		note_wrong(link);
	else if (state == STREAM_EXTRA)
		note_unasked(link);
	else if (state == STREAM_END)
		note_end(link);
	else if (state == STREAM_FAILED)
		ping_link_lose(link, strerror(error));
}

/* Where the last message ends in the stream. */
static uint64_t
stream_end(const struct ping_link *link)
{
	return (link->next - link->base) * link->size;
}

/* Writes some of what is left; poll(2) tells when more can follow. */
static void
transmit(struct ping_link *link)
{
	uint64_t end = stream_end(link);

	if (link->stream.written < end &&
	    stream_send(&link->stream, end, 0) == STREAM_FAILED)
		ping_link_lose(link, strerror(errno));
}

static void
link_up(struct ping_link *link)
{
	link->state = PING_LINK_UP;
	stream_begin(&link->stream, link->race.winner->fd);
	link->retransmits = 0;
	link->base = link->oldest;
	link->connect_time = race_span(&link->race);
	link->stats.connections++;
	histogram_record(&link->stats.connects, link->connect_time);
	(void)addr_format(link->race.winner->address, link->peer);
	if (connect_greet(link->target, link->stream.fd) == -1) {
		ping_link_lose(link, strerror(errno));
		return;
	}
	*sent_time(link, link->oldest) = clock_now();
	transmit(link);
}

static void
link_change(struct ping_link *link, enum race_state state)
{
	char why[RACE_STRLEN];

	if (state == RACE_WON) {
		link_up(link);
		return;
	}
	link->state = PING_LINK_CONNECTING;
	if (state == RACE_LOST)
		ping_link_lose(link, race_describe(&link->race, why));
}

void
ping_link_send(struct ping_link *link, int64_t now)
{
	link->stats.sent++;
	*sent_time(link, link->next++) = now;
	if (link->state == PING_LINK_UP)
		transmit(link);
	else
		link_change(link, race_begin(&link->race, link->target));
}

int64_t
ping_link_deadline(const struct ping_link *link)
{
	int64_t timeout = link->target->timeout;

	if (link->state != PING_LINK_UP || link->oldest == link->next ||
	    timeout == 0)
		return INT64_MAX;
	return ping_link_oldest_sent(link) + timeout;
}

bool
ping_link_expire(struct ping_link *link, int64_t now)
{
	char why[64], buf[UNITS_STRLEN];

	if (link->state != PING_LINK_UP || now < ping_link_deadline(link))
		return false;
	(void)snprintf(why, sizeof why, "nothing within %s",
	    units_format_span((double)link->target->timeout, buf));
	ping_link_lose(link, why);
	return true;
}

void
ping_link_wait(struct ping_link *link, int64_t until)
{
	struct pollfd pfd = {.fd = link->stream.fd, .events = POLLIN};

	if (link->state == PING_LINK_CONNECTING) {
		link_change(link, race_wait(&link->race, until));
		return;
	}
	if (link->state == PING_LINK_DOWN)
		pfd.fd = -1;
	else if (link->stream.written < stream_end(link))
		pfd.events |= POLLOUT;
	if (interrupts_poll(&pfd, 1, until) == 0)
		return;
	if ((pfd.revents & ~POLLOUT) != 0)
		receive(link);
	else
		transmit(link);
}
