/* SPDX-License-Identifier: ISC */

#include "client/target.h"

#include <net/if.h>

#include <ctype.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bsd/string.h>

#include "client/output.h"
#include "common/host_port.h"

static const char *
check_name(const char *host)
{
	for (; *host != '\0'; host++)
		if (!isgraph((unsigned char)*host) || *host == '[')
			return "not a host name";
	return NULL;
}

const char *
target_parse(const char *text, struct target_name *out)
{
	struct host_port split;
	uint16_t port = 7;
	const char *errstr = host_port_split(text, &split);

	if (errstr == NULL)
		errstr = check_name(split.host);
	if (errstr == NULL && split.port != NULL)
		errstr = port_parse(split.port, 1, &port);
	if (errstr != NULL)
		return errstr;
	(void)strlcpy(out->host, split.host, sizeof out->host);
	(void)snprintf(out->port, sizeof out->port, "%u", port);
	return NULL;
}

/*
 * Keeps the resolver's order, but alternates the families (RFC 8305, section
 * 4): without IPv6 one attempt fails, not all IPv6 addresses in a row.
 */
static void
sort_addresses(struct target *target, const struct addrinfo *first)
{
	const struct addrinfo *next[2] = {first, first};
	int turn = first->ai_family;

	while ((next[0] != NULL || next[1] != NULL) &&
	       target->address_count < TARGET_ADDRESSES_MAX) {
		const struct addrinfo **from = &next[turn == AF_INET];
		while (*from != NULL && (*from)->ai_family != turn)
			*from = (*from)->ai_next;
		turn = turn == AF_INET ? AF_INET6 : AF_INET;
		if (*from == NULL)
			continue;
		if (addr_from_sockaddr(
			&target->addresses[target->address_count],
			(*from)->ai_addr))
			target->address_count++;
		*from = (*from)->ai_next;
	}
}

/* Reads the client of the PROXY header, an address with a port. */
static const char *
parse_proxy_source(const char *text, struct addr *addr)
{
	const char *errstr = addr_parse(text, addr);

	if (errstr == NULL && addr->family == AF_UNSPEC)
		errstr = "needs an address: 192.0.2.1:1234";
	return errstr;
}

/* Reads the address to connect from, which also sets the family. */
static const char *
parse_source(const char *text, struct addr *addr, int *family)
{
	const char *errstr = addr_parse_host(text, addr);

	if (errstr != NULL)
		return errstr;
	if (*family != AF_UNSPEC && *family != addr->family)
		return "not of the family asked for";
	*family = addr->family;
	return NULL;
}

void
target_open(struct target *target, const struct options *asked, char **operands)
{
	const char *text = operands[0] != NULL ? operands[0] : "";
	const char *errstr;

	*target = (struct target){.asked = asked, .family = asked->family};
	if (operands[0] != NULL && operands[1] != NULL)
		options_fail("%s: one host only", operands[1]);
	if ((errstr = target_parse(text, &target->name)) != NULL)
		options_fail(
		    "%s%s%s", text, text[0] != '\0' ? ": " : "", errstr);
	if (asked->proxy_source != NULL)
		options_check("proxy-source", asked->proxy_source,
		    parse_proxy_source(
			asked->proxy_source, &target->proxy_source));
	if (asked->proxy_source != NULL && asked->proxy_version == 0)
		options_fail("--proxy-source needs --proxy-v1 or --proxy-v2");
	if (asked->source != NULL)
		options_check("source", asked->source,
		    parse_source(
			asked->source, &target->source, &target->family));
}

/*
 * Checks once, instead of for each message, that the address is this machine's.
 */
static void
try_source(const struct addr *source)
{
	struct sockaddr_storage ss;
	socklen_t length = addr_to_sockaddr(source, &ss);
	int fd = socket(source->family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char text[ADDR_STRLEN];

	if (fd == -1 || bind(fd, (const struct sockaddr *)&ss, length) == -1)
		fatal("%s", addr_format_host(source, text));
	(void)close(fd);
}

void
target_resolve(struct target *target)
{
	const struct addrinfo hints = {.ai_family = target->family,
	    .ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_NUMERICSERV};
	struct addrinfo *found;

	if (target->asked->interface != NULL &&
	    if_nametoindex(target->asked->interface) == 0)
		fatal("%s", target->asked->interface);
	if (target->source.family != AF_UNSPEC)
		try_source(&target->source);
	output_end_by_signals(); /* a signal does not interrupt the resolver */
	int error =
	    getaddrinfo(target->name.host, target->name.port, &hints, &found);
	if (error == EAI_SYSTEM)
		fatal("%s", target->name.host);
	if (error != 0)
		fatalx("%s: %s", target->name.host, gai_strerror(error));
	sort_addresses(target, found);
	freeaddrinfo(found);
}
