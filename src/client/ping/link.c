/* SPDX-License-Identifier: ISC */

#include "client/ping/link.h"

#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <bsd/string.h>

#include "client/interrupts.h"
#include "client/output.h"
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

/* Prints the first line once the address is known. */
static void
print_header(struct ping_link *link)
{
	if (!link->has_header)
		output_line("ECHO %s (%s) %ju bytes of data\n",
		    link->results->host, link->peer,
		    (uintmax_t)link->results->asked.size);
	link->has_header = true;
}

static void
set_peer(struct ping_link *link, const struct addr *address)
{
	(void)addr_format(address, link->peer);
	link->results->address = link->peer;
	print_header(link);
}

void
ping_link_init(struct ping_link *link)
{
	link->oldest = link->next = 1;
	if (link->target->address_count == 1)
		set_peer(link, link->target->addresses);
	else
		(void)strlcpy(
		    link->peer, link->target->name.host, sizeof link->peer);
}

/* Gets the kernel's view of the connection. */
static void
note_tcp_info(struct ping_link *link)
{
	struct tcp_info info;
	socklen_t length = sizeof info;
	struct tcp_view *view = &link->results->tcp;

	if (link->stream.read == 0 || getsockopt(link->stream.fd, IPPROTO_TCP,
					  TCP_INFO, &info, &length) == -1)
		return;
	view->known = true;
	view->rtt = info.tcpi_rtt * USEC;
	view->rttvar = info.tcpi_rttvar * USEC;
	view->retransmits += info.tcpi_total_retrans - link->retransmits;
	link->retransmits = info.tcpi_total_retrans;
}

static void
disconnect(struct ping_link *link, const char *why)
{
	if (link->state == PING_LINK_CONNECTING)
		race_cancel(&link->results->race);
	if (link->state == PING_LINK_UP) {
		note_tcp_info(link);
		stream_close(&link->stream);
		link->lasted = clock_now() - link->up_since;
		(void)strlcpy(link->ended, why, sizeof link->ended);
	}
	link->state = PING_LINK_DOWN;
}

/* Counts the messages under way as lost and closes the connection. */
static void __attribute__((format(printf, 3, 4)))
lose(struct ping_link *link, enum failure kind, const char *format, ...)
{
	struct results *r = link->results;
	char why[RACE_STRLEN];
	struct event event = {
	    .address = link->peer, .reason = why, .seq = link->oldest};
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(why, sizeof why, format, arguments);
	va_end(arguments);
	if (link->outage_began == 0 && link->oldest < link->next) {
		link->outage_began = ping_link_oldest_sent(link);
		r->outages++;
		output_event(EVENT_OUTAGE_BEGIN, &event);
	}
	for (; link->oldest < link->next; link->oldest++) {
		event.seq = link->oldest;
		output_event(EVENT_LOST, &event);
		r->lost++;
		r->failures[kind]++;
		link->outage_lost++;
	}
	disconnect(link, why);
}

static void
end_outage(struct ping_link *link, int64_t now)
{
	if (link->outage_began != 0)
		link->results->outage_span += now - link->outage_began;
	link->outage_began = 0;
	link->outage_lost = 0;
}

void
ping_link_end(struct ping_link *link, int64_t now)
{
	print_header(link);
	lose(link, FAILURE_TIMEOUT, "not answered when ping ended");
	end_outage(link, now);
}

static void
note_answer(struct ping_link *link, int64_t now)
{
	struct results *r = link->results;
	struct event event = {
	    .address = link->peer,
	    .seq = link->oldest,
	    .bytes = r->asked.size,
	    .connect = link->connect_time,
	    .rtt = now - ping_link_oldest_sent(link),
	    .span = now - link->outage_began,
	    .lost = link->outage_lost,
	};

	if (link->outage_began != 0)
		output_event(EVENT_OUTAGE_END, &event);
	end_outage(link, now);
	link->oldest++;
	r->answered++;
	r->messages++;
	r->bytes += r->asked.size;
	histogram_record(&r->raw, event.rtt);
	output_event(
	    r->asked.connect_each ? EVENT_ANSWER_CONNECTED : EVENT_ANSWER,
	    &event);
	if (r->asked.connect_each)
		disconnect(link, "answered");
}

/* Reports an answer that differs from the message or is longer. */
static void
note_wrong(struct ping_link *link, enum event_kind kind)
{
	struct results *r = link->results;
	const struct stream *s = &link->stream;
	const struct event event = {
	    .address = link->peer,
	    .seq = link->oldest,
	    .offset = s->read % r->asked.size,
	    .got = s->got,
	    .expected = s->expected,
	    .bytes = s->extra,
	};

	output_event(kind, &event);
	results_note_wrong(r, s);
	r->failures[FAILURE_WRONG]++;
	if (kind == EVENT_WRONG) {
		r->lost++;
		link->oldest++;
	}
	lose(link, FAILURE_CLOSED, "the connection was given up");
}

static void
receive(struct ping_link *link)
{
	enum stream_state state = stream_receive(&link->stream, 0);
	int error = errno;
	int64_t now = clock_now();

	while (link->state == PING_LINK_UP &&
	       (link->oldest - link->base + 1) * link->results->asked.size <=
		   link->stream.read)
		note_answer(link, now);
	if (state == STREAM_WRONG)
		note_wrong(link, EVENT_WRONG);
	else if (state == STREAM_EXTRA)
		note_wrong(link, EVENT_UNASKED);
	else if (state == STREAM_END)
		lose(link, FAILURE_CLOSED,
		    "closed by the server after %ju of %ju bytes",
		    (uintmax_t)(link->stream.read % link->results->asked.size),
		    (uintmax_t)link->results->asked.size);
	else if (state == STREAM_FAILED)
		lose(link, failure_from_errno(error), "%s", strerror(error));
}

/* The end of the last message in the stream. */
static uint64_t
stream_end(const struct ping_link *link)
{
	return (link->next - link->base) * link->results->asked.size;
}

/* Writes what the socket takes; the rest follows after poll(2). */
static void
transmit(struct ping_link *link)
{
	uint64_t end = stream_end(link);

	if (link->stream.written < end &&
	    stream_send(&link->stream, end, 0) == STREAM_FAILED)
		lose(link, failure_from_errno(errno), "%s", strerror(errno));
}

static void
tell_connection(struct ping_link *link)
{
	struct results *r = link->results;
	const struct event event = {
	    .address = link->peer,
	    .connect = link->connect_time,
	    .span = link->lasted,
	    .reason = link->ended,
	};

	output_connected(&r->race);
	if (r->connects++ == 0 || r->asked.connect_each)
		return;
	r->reconnections++;
	output_event(EVENT_RECONNECTED, &event);
}

static void
link_up(struct ping_link *link)
{
	struct race *race = &link->results->race;

	link->state = PING_LINK_UP;
	stream_begin(&link->stream, race->winner->fd);
	link->retransmits = 0;
	link->base = link->oldest;
	link->up_since = clock_now();
	link->connect_time = race_span(race);
	histogram_record(&link->results->connect, link->connect_time);
	set_peer(link, race->winner->address);
	tell_connection(link);
	*sent_time(link, link->oldest) = clock_now();
	transmit(link);
}

/* Reports that no address of the host has answered. */
static void
link_failed(struct ping_link *link)
{
	const struct race *race = &link->results->race;
	char why[RACE_STRLEN];

	if (race->count > 1)
		(void)strlcpy(
		    link->peer, link->target->name.host, sizeof link->peer);
	print_header(link);
	lose(link, failure_from_errno(race->error), "%s",
	    race_describe(race, why));
}

static void
link_change(struct ping_link *link, enum race_state state)
{
	link->state = PING_LINK_CONNECTING;
	if (state == RACE_WON)
		link_up(link);
	else if (state == RACE_LOST)
		link_failed(link);
}

void
ping_link_send(struct ping_link *link, int64_t now)
{
	link->results->sent++;
	*sent_time(link, link->next++) = now;
	if (link->state == PING_LINK_UP)
		transmit(link);
	else
		link_change(
		    link, race_begin(&link->results->race, link->target));
}

int64_t
ping_link_deadline(const struct ping_link *link)
{
	int64_t timeout = link->target->asked->timeout;

	if (link->state != PING_LINK_UP || link->oldest == link->next ||
	    timeout == 0)
		return INT64_MAX;
	return ping_link_oldest_sent(link) + timeout;
}

bool
ping_link_expire(struct ping_link *link, int64_t now)
{
	char buf[UNITS_STRLEN];

	if (link->state != PING_LINK_UP || now < ping_link_deadline(link))
		return false;
	lose(link, FAILURE_TIMEOUT, "nothing within %s",
	    units_format_span((double)link->target->asked->timeout, buf));
	return true;
}

void
ping_link_wait(struct ping_link *link, int64_t until)
{
	struct pollfd pfd = {.fd = link->stream.fd, .events = POLLIN};

	if (link->state == PING_LINK_CONNECTING) {
		link_change(link, race_wait(&link->results->race, until));
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
