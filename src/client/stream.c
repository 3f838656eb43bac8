/* SPDX-License-Identifier: ISC */

#include "client/stream.h"

#include <sys/socket.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "client/payload.h"

enum {
	WRITE_CHUNK = 64 * 1024,
	READ_CHUNK = 256 * 1024
};

void
stream_begin(struct stream *s, int fd)
{
	*s = (struct stream){.fd = fd, .id = payload_stream()};
}

void
stream_close(struct stream *s)
{
	if (s->fd != -1)
		(void)close(s->fd);
	s->fd = -1;
}

static size_t
at_most(uint64_t left, uint64_t most, size_t chunk)
{
	if (most > 0 && left > most)
		left = most;
	return left < chunk ? (size_t)left : chunk;
}

static enum stream_state
failure(void)
{
	return errno == EAGAIN || errno == EINTR ? STREAM_WAIT : STREAM_FAILED;
}

enum stream_state
stream_send(struct stream *s, uint64_t end, uint64_t most)
{
	static uint8_t buf[WRITE_CHUNK];
	size_t length = at_most(end - s->written, most, sizeof buf);
	const uint8_t *from = buf;

	if (s->text != NULL)
		from = s->text + s->written;
	else
		payload_fill(s->id, s->written, buf, length);
	ssize_t n = send(s->fd, from, length, MSG_NOSIGNAL);
	if (n == -1)
		return failure();
	s->written += (uint64_t)n;
	return STREAM_MOVED;
}

/* The number of correct bytes before the first wrong one. */
static size_t
verify(const struct stream *s, const uint8_t *buf, size_t length)
{
	size_t i = 0;

	if (s->text == NULL)
		return payload_verify(s->id, s->read, buf, length);
	while (i < length && buf[i] == s->text[s->read + i])
		i++;
	return i;
}

static enum stream_state
compare(struct stream *s, const uint8_t *buf, size_t length)
{
	uint64_t unread = s->written - s->read;
	size_t asked = length < unread ? length : (size_t)unread;
	size_t right = verify(s, buf, asked);

	s->read += right;
	if (right < asked) {
		s->got = buf[right];
		s->expected = s->text != NULL ? s->text[s->read]
					      : payload_byte(s->id, s->read);
		return STREAM_WRONG;
	}
	s->extra = length - asked;
	return s->extra > 0 ? STREAM_EXTRA : STREAM_MOVED;
}

enum stream_state
stream_receive(struct stream *s, uint64_t most)
{
	static uint8_t buf[READ_CHUNK];
	ssize_t n = read(s->fd, buf, at_most(sizeof buf, most, sizeof buf));

	if (n == -1)
		return failure();
	return n == 0 ? STREAM_END : compare(s, buf, (size_t)n);
}
