/* SPDX-License-Identifier: ISC */

#include "client/ping/link.h"

#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/interrupts.h"
#include "client/payload.h"
#include "client/units.h"

enum {
	CHUNK = 64 * 1024
};

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

static void
set_peer(struct ping_link *link, const struct addrinfo *address)
{
	struct addr addr;

	if (addr_from_sockaddr(&addr, address->ai_addr))
		(void)addr_format(&addr, link->peer);
}

void
ping_link_init(struct ping_link *link)
{
	link->oldest = link->next = 1;
	set_peer(link, link->target->addresses);
}

/* Asks the kernel for its own view of the connection. */
static void
note_tcp_info(struct ping_link *link)
{
	struct tcp_info info;
	socklen_t length = sizeof info;

	if (link->state != PING_LINK_UP || link->read == 0 ||
	    getsockopt(link->fd, IPPROTO_TCP, TCP_INFO, &info, &length) == -1)
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
		attempt_cancel(&link->attempt);
	else if (link->state == PING_LINK_UP)
		(void)close(link->fd);
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

/* The answer differs from what was sent at this position of the stream. */
static void
note_wrong(struct ping_link *link, uint64_t position, uint8_t got)
{
	struct ping_line line = line_of(link, link->oldest);

	if (!link->quiet)
		ping_report_wrong(&line, position % link->size, got,
		    payload_byte(link->stream, position));
	link->stats.wrong++;
	link->oldest++;
	ping_link_lose(link, "the connection was given up");
}

static void
note_unasked(struct ping_link *link, uint64_t bytes)
{
	struct ping_line line = line_of(link, link->oldest - 1);

	if (!link->quiet)
		ping_report_unasked(&line, bytes);
	link->stats.wrong++;
	ping_link_lose(link, "the connection was given up");
}

/* Takes in length bytes of answer. */
static void
digest(struct ping_link *link, const uint8_t *buf, size_t length)
{
	uint64_t unread = link->written - link->read;
	size_t asked = length < unread ? length : (size_t)unread;
	size_t good = payload_verify(link->stream, link->read, buf, asked);
	uint64_t end = link->read + good;
	int64_t now = clock_now();

	while (link->state == PING_LINK_UP &&
	       (link->oldest - link->base + 1) * link->size <= end)
		note_answer(link, now);
	link->read = end;
	if (good < asked)
		note_wrong(link, end, buf[good]);
	else if (asked < length)
		note_unasked(link, length - asked);
}

static void
receive(struct ping_link *link)
{
	static uint8_t buf[CHUNK];
	char why[96];
	ssize_t n = read(link->fd, buf, sizeof buf);

	if (n > 0) {
		digest(link, buf, (size_t)n);
	} else if (n == 0) {
		(void)snprintf(why, sizeof why,
		    "closed by the server after %ju of %ju bytes",
		    (uintmax_t)(link->read % link->size),
		    (uintmax_t)link->size);
		ping_link_lose(link, why);
	} else if (errno != EAGAIN && errno != EINTR) {
		ping_link_lose(link, strerror(errno));
	}
}

static uint64_t
unwritten(const struct ping_link *link)
{
	return (link->next - link->base) * link->size - link->written;
}

/* Writes some of what is left; poll(2) tells when more can follow. */
static void
transmit(struct ping_link *link)
{
	static uint8_t buf[CHUNK];
	uint64_t left = unwritten(link);
	size_t length = left < sizeof buf ? (size_t)left : sizeof buf;

	if (length == 0)
		return;
	payload_fill(link->stream, link->written, buf, length);
	ssize_t n = send(link->fd, buf, length, MSG_NOSIGNAL);
	if (n >= 0)
		link->written += (uint64_t)n;
	else if (errno != EAGAIN && errno != EINTR)
		ping_link_lose(link, strerror(errno));
}

static void
link_up(struct ping_link *link)
{
	int64_t now = clock_now();

	link->state = PING_LINK_UP;
	link->fd = link->attempt.fd;
	link->stream = payload_stream();
	link->written = link->read = 0;
	link->retransmits = 0;
	link->base = link->oldest;
	link->connect_time = now - link->attempt.began;
	link->stats.connections++;
	histogram_record(&link->stats.connects, link->connect_time);
	set_peer(link, link->attempt.address);
	if (connect_greet(link->target, link->fd) == -1) {
		ping_link_lose(link, strerror(errno));
		return;
	}
	*sent_time(link, link->oldest) = clock_now();
	transmit(link);
}

static void
link_change(struct ping_link *link, enum attempt_state state)
{
	if (state == ATTEMPT_DONE)
		link_up(link);
	else if (state == ATTEMPT_FAILED)
		ping_link_lose(link, strerror(link->attempt.error));
	else
		link->state = PING_LINK_CONNECTING;
}

void
ping_link_send(struct ping_link *link, int64_t now)
{
	link->stats.sent++;
	*sent_time(link, link->next++) = now;
	if (link->state == PING_LINK_UP)
		transmit(link);
	else
		link_change(link, attempt_begin(&link->attempt, link->target));
}

int64_t
ping_link_deadline(const struct ping_link *link)
{
	int64_t timeout = link->target->timeout;

	if (link->state == PING_LINK_CONNECTING)
		return attempt_deadline(&link->attempt);
	if (link->state == PING_LINK_DOWN || link->oldest == link->next ||
	    timeout == 0)
		return INT64_MAX;
	return ping_link_oldest_sent(link) + timeout;
}

bool
ping_link_expire(struct ping_link *link, int64_t now)
{
	char why[64], buf[UNITS_STRLEN];

	/* an attempt to connect goes on to the next address by itself */
	if (link->state != PING_LINK_UP || now < ping_link_deadline(link))
		return false;
	(void)snprintf(why, sizeof why, "nothing within %s",
	    units_format_span((double)link->target->timeout, buf));
	ping_link_lose(link, why);
	return true;
}

/* What there is to wait for. */
static struct pollfd
poll_set(const struct ping_link *link)
{
	struct pollfd pfd = {.fd = -1, .events = POLLIN};

	if (link->state == PING_LINK_CONNECTING) {
		pfd.fd = link->attempt.fd;
		pfd.events = POLLOUT;
	} else if (link->state == PING_LINK_UP) {
		pfd.fd = link->fd;
		if (unwritten(link) > 0)
			pfd.events |= POLLOUT;
	}
	return pfd;
}

void
ping_link_wait(struct ping_link *link, int64_t until)
{
	struct pollfd pfd = poll_set(link);
	int ready = interrupts_poll(&pfd, 1, until);

	if (link->state == PING_LINK_CONNECTING)
		link_change(link, attempt_continue(&link->attempt));
	else if (ready > 0 && (pfd.revents & ~POLLOUT) != 0)
		receive(link);
	else if (ready > 0)
		transmit(link);
}
