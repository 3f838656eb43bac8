/* SPDX-License-Identifier: ISC */

#include "client/check_cases.h"

#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/connect.h"
#include "client/payload.h"

enum {
	CROWD = 50, /* connections that are open together */
	CROWD_ROUNDS = 4,
	CROWD_SIZE = 1000,
	RESETS = 10,
	RESET_SIZE = 64 * 1024
};

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)

static int
open_connection(struct check *check)
{
	int fd = connect_wait(check->target, NULL);

	if (fd != -1 && connect_greet(check->target, fd) == 0)
		return fd;
	(void)snprintf(check->seen, sizeof check->seen, "no connection: %s",
	    strerror(errno));
	if (fd != -1)
		(void)close(fd);
	return -1;
}

/* Holds one conversation and notes how it went. */
static bool
converse(struct check *check, struct exchange *x)
{
	x->timeout = check->target->timeout;
	bool good = exchange_run(x);
	exchange_describe(x, check->seen, sizeof check->seen);
	return good;
}

/* A message on a connection, and its answer. */
static bool
talk(struct check *check, int fd, uint64_t size)
{
	struct exchange x = {
	    .fd = fd, .stream = payload_stream(), .size = size};

	return converse(check, &x);
}

/* The case's shape, on a connection of its own, as often as it says. */
static bool
run_shape(struct check *check, const struct check_case *this)
{
	bool good = true;

	for (unsigned i = 0; i < this->times && good; i++) {
		struct exchange x = this->shape;
		x.stream = payload_stream();
		if ((x.fd = open_connection(check)) == -1)
			return false;
		good = converse(check, &x);
		(void)close(x.fd);
	}
	return good;
}

/* Several sizes in one conversation. */
static bool
run_sizes(struct check *check, const struct check_case *this)
{
	static const uint64_t sizes[] = {1, 2, 3, 7, 63, 64, 65, 511, 512, 1023,
	    1024, 1025, 1447, 1448, 1449, 4095, 4096, 4097, 16383, 16384, 16385,
	    65535, 65536, 65537, 262144, 1000003};
	int fd = open_connection(check);
	bool good = fd != -1;

	for (size_t i = 0; good && i < sizeof sizes / sizeof *sizes; i++)
		good = talk(check, fd, sizes[i]);
	if (fd != -1)
		(void)close(fd);
	if (good)
		(void)snprintf(check->seen, sizeof check->seen,
		    "%zu messages of %ju to %ju bytes came back",
		    sizeof sizes / sizeof *sizes, (uintmax_t)sizes[0],
		    (uintmax_t)sizes[sizeof sizes / sizeof *sizes - 1]);
	(void)this;
	return good;
}

/* One size in pieces of many sizes. */
static bool
run_splits(struct check *check, const struct check_case *this)
{
	static const size_t pieces[] = {1, 2, 3, 7, 61, 100, 1000, 4097};
	int fd = open_connection(check);
	bool good = fd != -1;

	for (size_t i = 0; good && i < sizeof pieces / sizeof *pieces; i++) {
		struct exchange x = {.fd = fd,
		    .stream = payload_stream(),
		    .size = this->shape.size,
		    .write_piece = pieces[i]};
		good = converse(check, &x);
	}
	if (fd != -1)
		(void)close(fd);
	return good;
}

/*
 * All byte values, and sequences that terminals, telnet and text modes treat
 * in their own way.
 */
static bool
run_binary(struct check *check, const struct check_case *this)
{
	static const char special[] =
	    "\r\n\n\r\r\0\r\xff\xff\xff\xf4\xff\xfd"
	    "\x06\xff\xf2\x03\x04\x11\x13\x1a\x1c\n~.\n"
	    "\xef\xbb\xbf\xc3\x28\xed\xa0\x80\b\x7f";
	uint8_t text[512 + sizeof special];
	struct exchange x = {.text = text, .size = sizeof text};

	for (size_t i = 0; i < 256; i++) {
		text[i] = (uint8_t)i;
		text[256 + i] = (uint8_t)(255 - i);
	}
	memcpy(text + 512, special, sizeof special);
	if ((x.fd = open_connection(check)) == -1)
		return false;
	bool good = converse(check, &x);
	(void)close(x.fd);
	(void)this;
	return good;
}

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

	return converse(check, &x);
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

static bool
run_crowd(struct check *check, const struct check_case *this)
{
	int fds[CROWD];
	uint64_t streams[CROWD];
	size_t n = 0;
	bool good = true;

	for (; n < CROWD && good; n++) {
		streams[n] = payload_stream();
		good = (fds[n] = open_connection(check)) != -1;
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
	int fd = open_connection(check);

	if (fd == -1)
		return false;
	(void)send(fd, junk, sizeof junk, MSG_NOSIGNAL);
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
	(void)close(fd);
	return true;
}

static bool
run_reset(struct check *check, const struct check_case *this)
{
	int old = open_connection(check), new = -1;
	bool good = old != -1 && talk(check, old, KIB);

	/* a server may be slow to notice, so the old one talks each time */
	for (int i = 0; good && i < RESETS; i++)
		good = reset_one(check) && talk(check, old, KIB);
	good = good && (new = open_connection(check)) != -1;
	good = good && talk(check, new, KIB);
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

static bool
run_idle(struct check *check, const struct check_case *this)
{
	const int64_t idle = 2 * SEC;
	int fd = open_connection(check);
	bool good = fd != -1;

	for (unsigned i = 0; good && i < this->times; i++) {
		exchange_pause(idle);
		good = talk(check, fd, this->shape.size);
	}
	if (fd != -1)
		(void)close(fd);
	return good;
}

const struct check_case check_cases[] = {
    {"sizes", "messages of any size come back", run_sizes, {0}, 0, false},
    {"splits", "however the writes are split", run_splits, {.size = 4099}, 0,
	false},
    {"binary", "any byte comes back as it was", run_binary, {0}, 0, false},
    {"prompt", "each byte at once, without waiting for more or a newline",
	run_shape, {.size = 200, .write_piece = 1, .lockstep = true}, 1, false},
    {"pipelining", "10000 messages sent before their answers are awaited",
	run_shape, {.size = 170000, .write_piece = 17}, 1, false},
    {"empty", "an end without a byte is answered by an end", run_shape,
	{.size = 0, .half_close = true}, 3, false},
    {"half-close", "64 KiB in flight at the half-close come back, then the end",
	run_shape, {.size = 64 * KIB, .read_last = true, .half_close = true}, 5,
	false},
    {"half-close-bulk", "1 MiB, half-closed at the last byte", run_shape,
	{.size = MIB, .half_close = true}, 3, false},
    {"slow-reader", "1 MiB to a client that reads slowly", run_shape,
	{.size = MIB,
	    .read_piece = 4 * KIB,
	    .read_pause = 2 * MSEC,
	    .half_close = true},
	1, false},
    {"slow-writer", "a byte now and then, 20 in a second", run_shape,
	{.size = 20,
	    .write_piece = 1,
	    .write_pause = 50 * MSEC,
	    .half_close = true},
	1, false},
    {"simultaneous", "50 open connections are not mixed up", run_crowd, {0}, 0,
	false},
    {"reset", "the server survives clients that reset", run_reset, {0}, 0,
	false},
    {"idle", "talk again after two seconds of silence", run_idle, {.size = 100},
	2, false},
    {"transfer", "64 MiB, every byte compared", run_shape,
	{.size = 64 * MIB, .window = 256 * KIB, .half_close = true}, 1, false},
    {"back-pressure", "32 MiB to a client that lets them pile up", run_shape,
	{.size = 32 * MIB,
	    .read_piece = 64 * KIB,
	    .read_pause = 2 * MSEC,
	    .half_close = true},
	1, true},
    {.name = NULL},
};
