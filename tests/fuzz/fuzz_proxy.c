/* SPDX-License-Identifier: ISC */

/*
 * The parser of PROXY headers.  However the input is split, the result is
 * the same; a header is as long as its version says; and a client that is
 * named has a canonical address.
 */

#include <netinet/in.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "child/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool good)
{
	if (!good)
		abort();
}

/* Pieces of 1 to most bytes, chosen by the seed; 0 = all in one. */
static enum proxy_state
feed(struct proxy_parser *parser, const uint8_t *data, size_t size, size_t most,
    uint32_t seed, size_t *taken)
{
	enum proxy_state state = PROXY_MORE;

	memset(parser, 0, sizeof *parser);
	*taken = 0;
	while (state == PROXY_MORE && *taken < size) {
		seed = seed * 1664525 + 1013904223;
		size_t piece = most ? 1 + (seed >> 8) % most : size, part;
		if (piece > size - *taken)
			piece = size - *taken;
		state = proxy_feed(parser, data + *taken, piece, &part);
		require(part <= piece);
		require(part == piece || state != PROXY_MORE);
		*taken += part;
	}
	return state;
}

static void
check_client(const struct addr *client)
{
	struct in6_addr in6;
	struct addr again;
	char buf[ADDR_STRLEN];

	memcpy(&in6, client->bytes, sizeof in6);
	require(client->family == AF_INET ||
		(client->family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&in6)));
	require(addr_parse(addr_format(client, buf), &again) == NULL);
	require(memcmp(client, &again, sizeof again) == 0);
}

static void
check_length(const uint8_t *data, size_t taken, enum proxy_state state)
{
	if (data[0] == 'P') {
		require(taken <= PROXY_V1_MAX);
		if (state == PROXY_DONE)
			require(memcmp(data + taken - 2, "\r\n", 2) == 0);
	} else if (taken >= PROXY_V2_FIXED) {
		size_t length =
		    PROXY_V2_FIXED + (size_t)(data[14] << 8 | data[15]);
		require(taken <= length);
		require((state == PROXY_DONE) == (taken == length) ||
			state == PROXY_BAD);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t pieces[] = {1, 2, 7, 64};
	struct proxy_parser whole, split;
	size_t taken, again;

	if (size == 0)
		return 0;
	enum proxy_state state = feed(&whole, data, size, 0, 0, &taken);
	uint32_t seed = data[size - 1] * 2654435761U;
	size_t most = pieces[seed >> 30];
	require(state == feed(&split, data, size, most, seed, &again));
	require(taken == again);
	require(memcmp(&whole, &split, sizeof whole) == 0);
	require(taken > 0 && (taken == size || state != PROXY_MORE));
	check_length(data, taken, state);
	if (state == PROXY_DONE && whole.named)
		check_client(&whole.client);
	return 0;
}
