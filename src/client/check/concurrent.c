/* SPDX-License-Identifier: ISC */

#include "client/check/concurrent.h"

#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/check/message.h"
#include "client/payload.h"

enum {
	CROWD = 50, /* connections that are open together */
	CROWD_ROUNDS = 4,
	CROWD_SIZE = 1000,
	RESETS = 10,
	RESET_SIZE = 64 * 1024,
	SMALL = 1024
};

/* Sends one round's message on a connection of the crowd. */
static bool
send_round(struct check *check, int fd, uint64_t stream, uint64_t begin)
{
	uint8_t buf[CROWD_SIZE];

	payload_fill(stream, begin, buf, sizeof buf);
	if (send(fd, buf, sizeof buf, MSG_NOSIGNAL) == (ssize_t)sizeof buf)
		return true;
	(void)snprintf(check->seen, sizeof check->seen,
	    "a write of %zu bytes failed: %s", sizeof buf, strerror(errno));
	return false;
}

static bool
receive_round(struct check *check, int fd, uint64_t stream, uint64_t begin)
{
	struct exchange x = {.fd = fd,
	    .stream = stream,
	    .begin = begin,
	    .size = CROWD_SIZE,
	    .already = CROWD_SIZE};

	return check_converse(check, &x);
}

/* All send, then all are read, in the other order. */
static bool
run_round(struct check *check, const int fds[CROWD],
    const uint64_t streams[CROWD], uint64_t begin)
{
	bool good = true;

	for (size_t i = 0; good && i < CROWD; i++)
		good = send_round(check, fds[i], streams[i], begin);
	for (size_t i = 0; good && i < CROWD; i++)
		good = receive_round(
		    check, fds[CROWD - 1 - i], streams[CROWD - 1 - i], begin);
	return good;
}

bool
check_concurrent(struct check *check, const struct check_case *this)
{
	int fds[CROWD];
	uint64_t streams[CROWD];
	size_t n = 0;
	bool good = true;

	for (; n < CROWD && good; n++) {
		streams[n] = payload_stream();
		good = (fds[n] = check_open(check)) != -1;
	}
	for (uint64_t round = 0; good && round < CROWD_ROUNDS; round++)
		good = run_round(check, fds, streams, round * CROWD_SIZE);
	while (n-- > 0)
		if (fds[n] != -1)
			(void)close(fds[n]);
	if (good)
		(void)snprintf(check->seen, sizeof check->seen,
		    "%d connections, %d messages on each, none mixed up", CROWD,
		    CROWD_ROUNDS);
	(void)this;
	return good;
}

/* Leaves a connection by a reset, with answers unread. */
static bool
reset_one(struct check *check)
{
	static uint8_t junk[RESET_SIZE];
	const struct linger linger = {.l_onoff = 1, .l_linger = 0};
	int fd = check_open(check);

	if (fd == -1)
		return false;
	(void)send(fd, junk, sizeof junk, MSG_NOSIGNAL);
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
	(void)close(fd);
	return true;
}

bool
check_reset(struct check *check, const struct check_case *this)
{
	int old = check_open(check), new = -1;
	bool good = old != -1 && check_message(check, old, SMALL);

	/* a server may be slow to notice, so the old one talks each time */
	for (int i = 0; good && i < RESETS; i++)
		good = reset_one(check) && check_message(check, old, SMALL);
	good = good && (new = check_open(check)) != -1;
	good = good && check_message(check, new, SMALL);
	if (old != -1)
		(void)close(old);
	if (new != -1)
		(void)close(new);
	if (good)
		(void)snprintf(check->seen, sizeof check->seen,
		    "%d resets; an old connection and a new one still echo",
		    RESETS);
	(void)this;
	return good;
}
