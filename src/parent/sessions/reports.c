/* SPDX-License-Identifier: ISC */

/* Runs in the parent. */

#include "parent/sessions/reports.h"

#include <sys/socket.h>

#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "parent/process/memory.h"
#include "parent/server.h"
#include "parent/sessions/census.h"
#include "parent/sessions/proxied.h"

/* How long a session that fills the queue can keep others waiting. */
#define REST (10 * MSEC)

/* 256 Gbit/s, which no single session comes near. */
#define BYTES_PER_NS UINT64_C(32)

/* Not on the stack or in static memory, which sessions inherit. */
struct inbox {
	struct mmsghdr messages[CHILDREN_BATCH];
	struct iovec parts[CHILDREN_BATCH];
	struct report reports[CHILDREN_BATCH];
	struct {
		_Alignas(struct cmsghdr) char space[CMSG_SPACE(
		    sizeof(struct ucred))];
	} senders[CHILDREN_BATCH];
};

static struct inbox *
make_inbox(void)
{
	struct inbox *inbox = memory_private(sizeof *inbox);

	for (size_t i = 0; inbox != NULL && i < CHILDREN_BATCH; i++) {
		inbox->parts[i] = (struct iovec){
		    &inbox->reports[i], sizeof inbox->reports[i]};
		inbox->messages[i].msg_hdr =
		    (struct msghdr){.msg_iov = &inbox->parts[i],
			.msg_iovlen = 1,
			.msg_control = &inbox->senders[i],
			.msg_controllen = sizeof inbox->senders[i].space};
	}
	return inbox;
}

static void
rest_over(struct server *server, int64_t now)
{
	(void)server;
	(void)now;
}

bool
reports_open(struct server *server)
{
	struct reports *reports = &server->reports;
	static const int on = 1;
	int pair[2];

	timers_add(&server->timers, &reports->rest, rest_over);
	reports->inbox = make_inbox();
	if (reports->inbox == NULL ||
	    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) == -1)
		return false;
	reports->receiving = pair[0];
	reports->sending = pair[1];
	return setsockopt(reports->receiving, SOL_SOCKET, SO_PASSCRED, &on,
		   sizeof on) == 0;
}

void
reports_close(struct reports *reports)
{
	(void)close(reports->receiving);
	(void)close(reports->sending);
	reports->receiving = reports->sending = -1;
}

bool
reports_are_awaited(const struct server *server)
{
	return !timer_is_set(&server->reports.rest) ||
	       server->census.missing > 0 ||
	       !TAILQ_EMPTY(&server->children.dying);
}

/* Who the kernel says has sent it; 0 if it does not say. */
static pid_t
sender_of(struct msghdr *header)
{
	const struct cmsghdr *control = CMSG_FIRSTHDR(header);
	struct ucred sender;

	if (control == NULL || control->cmsg_level != SOL_SOCKET ||
	    control->cmsg_type != SCM_CREDENTIALS)
		return 0;
	memcpy(&sender, CMSG_DATA(control), sizeof sender);
	return sender.pid;
}

/* More than any session can have echoed by now, though now is a bit old. */
static uint64_t
most_bytes(const struct child *child, int64_t now)
{
	return BYTES_PER_NS * (uint64_t)(now - child->started + SEC);
}

static void
count_bytes(
    struct server *server, struct child *child, uint64_t bytes, int64_t now)
{
	/* Anything else is a lie, and the totals are not to shrink or wrap. */
	if (bytes <= child->bytes || bytes > most_bytes(child, now))
		return;
	child->progress = now;
	server->bytes += bytes - child->bytes;
	child->bytes = bytes;
}

static void
take(struct server *server, struct child *child, const struct report *report,
    int64_t now)
{
	if (child->phase == CHILD_LEAVING && child->kill_reason == REASON_NONE)
		return; /* it has said its last word */
	count_bytes(server, child, report->bytes, now);
	switch (report->kind) {
	case REPORT_CLIENT:
		proxied_client(server, child, report, now);
		break;
	case REPORT_END:
		child->counted = true;
		census_settle(server, child, now);
		child->heard = now;
		kills_answered(server, child);
		children_move(&server->children, child, CHILD_LEAVING);
		reap_soon(server, now);
		break;
	case REPORT_COUNT:
		child->counted = true;
		census_settle(server, child, now);
		kills_answered(server, child);
		limits_told(server, child, report, now);
		break;
	default:
		break;
	}
}

static void
take_message(struct server *server, struct mmsghdr *message, int64_t now)
{
	const struct report *report = message->msg_hdr.msg_iov->iov_base;
	struct child *child =
	    children_find(&server->children, sender_of(&message->msg_hdr));

	if (child == NULL)
		return; /* it is reaped already */
	if (child->allowance == 0) {
		kills_at_once(server, child, REASON_KILLED);
		return;
	}
	child->allowance--;
	if (message->msg_len == sizeof *report &&
	    report->serial == child->serial)
		take(server, child, report, now);
}

bool
reports_receive(struct server *server, int64_t now)
{
	struct inbox *inbox = server->reports.inbox;
	int count = recvmmsg(server->reports.receiving, inbox->messages,
	    CHILDREN_BATCH, MSG_DONTWAIT, NULL);

	for (int i = 0; i < count; i++) {
		take_message(server, &inbox->messages[i], now);
		inbox->messages[i].msg_hdr.msg_controllen =
		    sizeof inbox->senders[i].space;
	}
	if (count == CHILDREN_BATCH)
		timer_clear(&server->reports.rest);
	else
		timer_set(&server->reports.rest, now + REST);
	return count < CHILDREN_BATCH;
}
