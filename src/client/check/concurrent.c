/* SPDX-License-Identifier: ISC */

#include "client/check/concurrent.h"

#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	CONNECTIONS = 50, /* that are open together */
	ROUNDS = 4,
	ROUND_SIZE = 1000,
	RESETS = 10,
	RESET_SIZE = 64 * 1024,
	SMALL = 1024
};

/* All send, then all are read, in the other order. */
static bool
run_round(struct check *check, struct exchange xs[CONNECTIONS])
{
	for (size_t i = 0; i < CONNECTIONS; i++) {
		struct stream *s = &xs[i].stream;
		uint64_t end = s->written + ROUND_SIZE;
		if (stream_send(s, end, 0) == STREAM_MOVED && s->written == end)
			continue;
		(void)snprintf(check->seen, CHECK_SEEN_STRLEN,
		    "a write of %d bytes failed: %s", ROUND_SIZE,
		    strerror(errno));
		return false;
	}
	for (size_t i = CONNECTIONS; i-- > 0;)
		if (!check_message(check, &xs[i], ROUND_SIZE))
			return false;
	return true;
}

bool
check_concurrent(struct check *check, const struct check_case *this)
{
	struct exchange xs[CONNECTIONS];
	size_t n = 0;
	bool good = true;

	for (; n < CONNECTIONS && good; n++) {
		xs[n] = this->shape;
		good = check_open(check, &xs[n]);
	}
	for (int round = 0; good && round < ROUNDS; round++)
		good = run_round(check, xs);
	while (n-- > 0)
		stream_close(&xs[n].stream);
	if (good)
		(void)snprintf(check->seen, CHECK_SEEN_STRLEN,
		    "%d connections, %d messages on each, none mixed up",
		    CONNECTIONS, ROUNDS);
	return good;
}

/* Leaves a connection by a reset, with answers unread. */
static bool
reset_one(struct check *check, struct exchange x)
{
	static const uint8_t junk[RESET_SIZE];
	const struct linger linger = {.l_onoff = 1, .l_linger = 0};

	if (!check_open(check, &x))
		return false;
	(void)send(x.stream.fd, junk, sizeof junk, MSG_NOSIGNAL);
	(void)setsockopt(
	    x.stream.fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
	stream_close(&x.stream);
	return true;
}

bool
check_reset(struct check *check, const struct check_case *this)
{
	struct exchange old = this->shape, new = this->shape;
	bool good =
	    check_open(check, &old) && check_message(check, &old, SMALL);

	new.stream.fd = -1;
	/* servers may notice a reset late: the old one talks after each */
	for (int i = 0; good && i < RESETS; i++)
		good = reset_one(check, this->shape) &&
		       check_message(check, &old, SMALL);
	good = good && check_open(check, &new);
	good = good && check_message(check, &new, SMALL);
	stream_close(&old.stream);
	if (good)
		(void)snprintf(check->seen, CHECK_SEEN_STRLEN,
		    "%d resets; an old connection and a new one still echo",
		    RESETS);
	stream_close(&new.stream);
	return good;
}
