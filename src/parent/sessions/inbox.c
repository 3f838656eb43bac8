/* SPDX-License-Identifier: ISC */

#include "parent/sessions/inbox.h"

#include <sys/socket.h>

#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "parent/process/memory.h"
#include "parent/sessions/children.h"

/* Reports wait no longer than this while the queue is not polled. */
#define REST (10 * MSEC)

/* In private memory, because sessions inherit the stack and static memory. */
struct messages {
	struct mmsghdr headers[CHILDREN_BATCH];
	struct iovec parts[CHILDREN_BATCH];
	struct report reports[CHILDREN_BATCH];
	struct {
		_Alignas(struct cmsghdr) char space[CMSG_SPACE(
		    sizeof(struct ucred))];
	} senders[CHILDREN_BATCH];
	int count; /* received by the last call */
};

static struct messages *
make_messages(void)
{
	struct messages *made = memory_private(sizeof *made);

	for (size_t i = 0; made != NULL && i < CHILDREN_BATCH; i++) {
		made->parts[i] =
		    (struct iovec){&made->reports[i], sizeof made->reports[i]};
		made->headers[i].msg_hdr =
		    (struct msghdr){.msg_iov = &made->parts[i],
			.msg_iovlen = 1,
			.msg_control = &made->senders[i],
			.msg_controllen = sizeof made->senders[i].space};
	}
	return made;
}

bool
inbox_open(struct inbox *inbox)
{
	static const int on = 1;
	int pair[2];

	inbox->messages = make_messages();
	if (inbox->messages == NULL ||
	    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) == -1)
		return false;
	inbox->receiving = pair[0];
	inbox->sending = pair[1];
	return setsockopt(inbox->receiving, SOL_SOCKET, SO_PASSCRED, &on,
		   sizeof on) == 0;
}

void
inbox_close(struct inbox *inbox)
{
	(void)close(inbox->receiving);
	(void)close(inbox->sending);
	inbox->receiving = inbox->sending = -1;
}

int
inbox_receive(struct inbox *inbox, int64_t now)
{
	struct messages *messages = inbox->messages;

	for (int i = 0; i < messages->count; i++)
		messages->headers[i].msg_hdr.msg_controllen =
		    sizeof messages->senders[i].space;
	int count = recvmmsg(inbox->receiving, messages->headers,
	    CHILDREN_BATCH, MSG_DONTWAIT, NULL);
	messages->count = count > 0 ? count : 0;
	if (messages->count == CHILDREN_BATCH)
		timer_clear(&inbox->rest);
	else
		timer_set(&inbox->rest, now + REST);
	return messages->count;
}

pid_t
inbox_sender(const struct inbox *inbox, int index)
{
	struct msghdr *header = &inbox->messages->headers[index].msg_hdr;
	const struct cmsghdr *control = CMSG_FIRSTHDR(header);
	struct ucred sender;

	if (control == NULL || control->cmsg_level != SOL_SOCKET ||
	    control->cmsg_type != SCM_CREDENTIALS)
		return 0;
	memcpy(&sender, CMSG_DATA(control), sizeof sender);
	return sender.pid;
}

const struct report *
inbox_report(const struct inbox *inbox, int index)
{
	const struct messages *messages = inbox->messages;

	return messages->headers[index].msg_len == sizeof(struct report)
		   ? &messages->reports[index]
		   : NULL;
}
