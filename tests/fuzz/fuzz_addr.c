/* SPDX-License-Identifier: ISC */

/*
 * The parsers of endpoints, hosts and prefixes.  Whatever one accepts is
 * canonical, and written and read back it is the same.
 */

#include <netinet/in.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/addr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool good)
{
	if (!good)
		abort();
}

static void
require_canonical(const struct addr *addr)
{
	static const uint8_t zeroes[12];
	struct in6_addr in6;

	memcpy(&in6, addr->bytes, sizeof in6);
	if (addr->family == AF_INET6)
		require(!IN6_IS_ADDR_V4MAPPED(&in6));
	else
		require(memcmp(addr->bytes + 4, zeroes, sizeof zeroes) == 0 &&
			addr->scope == 0);
}

static void
check_endpoint(const char *text)
{
	struct addr addr, again;
	char buf[ADDR_STRLEN];

	if (addr_parse(text, &addr) != NULL)
		return;
	require_canonical(&addr);
	require(addr_parse(addr_format(&addr, buf), &again) == NULL);
	require(memcmp(&addr, &again, sizeof addr) == 0);
}

static void
check_host(const char *text)
{
	struct sockaddr_storage ss;
	struct addr addr, again;
	char buf[ADDR_STRLEN];

	if (addr_parse_host(text, &addr) != NULL)
		return;
	require_canonical(&addr);
	require(addr_parse_host(addr_format_host(&addr, buf), &again) == NULL);
	require(memcmp(&addr, &again, sizeof addr) == 0);
	require(addr_to_sockaddr(&addr, &ss) != 0);
	require(addr_from_sockaddr(&again, (struct sockaddr *)&ss));
	require(memcmp(&addr, &again, sizeof addr) == 0);
}

static void
check_prefix(const char *text)
{
	struct prefix prefix, again;
	char buf[PREFIX_STRLEN];

	if (prefix_parse(text, &prefix) != NULL)
		return;
	require(prefix_parse(prefix_format(&prefix, buf), &again) == NULL);
	require(prefix_compare(&prefix, &again) == 0);
	struct addr network = {.family = prefix.family};
	memcpy(network.bytes, prefix.bytes, sizeof network.bytes);
	require_canonical(&network);
	require(prefix_contains(&prefix, &network));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);

	require(text != NULL);
	check_endpoint(text);
	check_host(text);
	check_prefix(text);
	free(text);
	return 0;
}
