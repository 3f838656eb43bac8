/* SPDX-License-Identifier: ISC */

#include "client/check/cases.h"

#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"

enum {
	CONNECTIONS = 50, /* open at the same time */
	ROUNDS = 4,
	ROUND_SIZE = 1000,
	RESETS = 10,
	RESET_SIZE = 64 * 1024,
	SMALL = 1024
};

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)

/* Opens a new connection for the exchange. */
static bool
open_stream(struct check *check, struct exchange *x)
{
	char why[RACE_STRLEN];
	struct race race;

	stream_begin(&x->stream, race_run(&race, check->target));
	if (x->stream.fd != -1)
		return true;
	(void)snprintf(check->seen, CHECK_SEEN_STRLEN, "no connection: %s",
	    race_describe(&race, why));
	return false;
}

/* Runs one exchange; returns whether all was well. */
static bool
converse(struct check *check, struct exchange *x)
{
	x->timeout = check->target->asked->timeout;
	bool good = exchange_run(x);
	exchange_describe(x, check->seen, CHECK_SEEN_STRLEN);
	return good;
}

/* Sends a message of that size and reads the answer. */
static bool
echo_message(struct check *check, struct exchange *x, uint64_t size)
{
	x->size = size;
	return converse(check, x);
}

/* Runs the shape of the case, each time on a new connection. */
static bool
run_shape(struct check *check, const struct check_case *this)
{
	bool good = true;

	for (unsigned i = 0; i < this->times && good; i++) {
		struct exchange x = this->shape;
		good = open_stream(check, &x) && converse(check, &x);
		stream_close(&x.stream);
	}
	return good;
}

/* Messages of several sizes on one connection. */
static bool
run_sizes(struct check *check, const struct check_case *this)
{
	static const uint64_t sizes[] = {1, 2, 3, 7, 63, 64, 65, 511, 512, 1023,
	    1024, 1025, 1447, 1448, 1449, 4095, 4096, 4097, 16383, 16384, 16385,
	    65535, 65536, 65537, 262144, 1000003};
	struct exchange x = this->shape;
	bool good = open_stream(check, &x);

	for (size_t i = 0; good && i < sizeof sizes / sizeof *sizes; i++)
		good = echo_message(check, &x, sizes[i]);
	stream_close(&x.stream);
	if (good)
		(void)snprintf(check->seen, CHECK_SEEN_STRLEN,
		    "%zu messages of %ju to %ju bytes came back",
		    sizeof sizes / sizeof *sizes, (uintmax_t)sizes[0],
		    (uintmax_t)sizes[sizeof sizes / sizeof *sizes - 1]);
	return good;
}

/* A message in pieces, of many sizes in turn. */
static bool
run_splits(struct check *check, const struct check_case *this)
{
	static const uint64_t pieces[] = {1, 2, 3, 7, 61, 100, 1000, 4097};
	struct exchange x = this->shape;
	bool good = open_stream(check, &x);

	for (size_t i = 0; good && i < sizeof pieces / sizeof *pieces; i++) {
		x.write_piece = pieces[i];
		good = converse(check, &x);
	}
	stream_close(&x.stream);
	return good;
}

/*
 * All byte values, and sequences that terminals, telnet or text modes would
 * change.
 */
static bool
run_binary(struct check *check, const struct check_case *this)
{
	static const char special[] =
	    "\r\n\n\r\r\0\r\xff\xff\xff\xf4\xff\xfd"
	    "\x06\xff\xf2\x03\x04\x11\x13\x1a\x1c\n~.\n"
	    "\xef\xbb\xbf\xc3\x28\xed\xa0\x80\b\x7f";
	uint8_t text[512 + sizeof special];
	struct exchange x = this->shape;

	for (size_t i = 0; i < 256; i++) {
		text[i] = (uint8_t)i;
		text[256 + i] = (uint8_t)(255 - i);
	}
	memcpy(text + 512, special, sizeof special);
	bool good = open_stream(check, &x);
	x.stream.text = text;
	good = good && echo_message(check, &x, sizeof text);
	stream_close(&x.stream);
	return good;
}

static bool
run_idle(struct check *check, const struct check_case *this)
{
	const int64_t idle = 2 * SEC;
	struct exchange x = this->shape;
	bool good = open_stream(check, &x);

	for (unsigned i = 0; good && i < this->times; i++) {
		exchange_pause(idle);
		good = converse(check, &x);
	}
	stream_close(&x.stream);
	return good;
}

/* Sends on all connections, then reads from all in the opposite order. */
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
		if (!echo_message(check, &xs[i], ROUND_SIZE))
			return false;
	return true;
}

static bool
run_concurrent(struct check *check, const struct check_case *this)
{
	struct exchange xs[CONNECTIONS];
	size_t n = 0;
	bool good = true;

	for (; n < CONNECTIONS && good; n++) {
		xs[n] = this->shape;
		good = open_stream(check, &xs[n]);
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

/* Resets a connection with unread answers. */
static bool
reset_one(struct check *check, struct exchange x)
{
	static const uint8_t junk[RESET_SIZE];
	const struct linger linger = {.l_onoff = 1, .l_linger = 0};

	if (!open_stream(check, &x))
		return false;
	(void)send(x.stream.fd, junk, sizeof junk, MSG_NOSIGNAL);
	(void)setsockopt(
	    x.stream.fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
	stream_close(&x.stream);
	return true;
}

static bool
run_reset(struct check *check, const struct check_case *this)
{
	struct exchange old = this->shape, new = this->shape;
	bool good =
	    open_stream(check, &old) && echo_message(check, &old, SMALL);

	new.stream.fd = -1;
	/*
	 * servers may notice a reset late, so use the old connection after each
	 */
	for (int i = 0; good && i < RESETS; i++)
		good = reset_one(check, this->shape) &&
		       echo_message(check, &old, SMALL);
	good = good && open_stream(check, &new);
	good = good && echo_message(check, &new, SMALL);
	stream_close(&old.stream);
	if (good)
		(void)snprintf(check->seen, CHECK_SEEN_STRLEN,
		    "%d resets; an old connection and a new one still echo",
		    RESETS);
	stream_close(&new.stream);
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
    {"simultaneous", "50 open connections are not mixed up", run_concurrent,
	{0}, 0, false},
    {"reset", "the server survives clients that reset", run_reset, {0}, 0,
	false},
    {"idle", "talk again after two seconds of silence", run_idle, {.size = 100},
	2, false},
    {"transfer", "64 MiB, every byte compared", run_shape,
	{.size = 64 * MIB, .window = 256 * KIB, .half_close = true}, 1, false},
    {"back-pressure", "32 MiB to a client that lets them pile up", run_shape,
	{.size = 32 * MIB,
	    .piles = true,
	    .read_piece = 64 * KIB,
	    .read_pause = 2 * MSEC,
	    .half_close = true},
	1, true},
    {.name = NULL},
};
