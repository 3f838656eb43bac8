/* SPDX-License-Identifier: ISC */

#include "client/target.h"

#include <net/if.h>

#include <ctype.h>
#include <netdb.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>

#include "client/output.h"

static const char default_port[] = "7";

static const char *
parse_port(const char *text, char port[6])
{
	const char *errstr;

	if (text[0] == '\0' || text[strspn(text, "0123456789")] != '\0')
		return "the port is not a number";
	(void)strtonum(text, 1, UINT16_MAX, &errstr);
	text += strspn(text, "0");
	if (errstr != NULL || strlcpy(port, text, 6) >= 6)
		return "the port is not in 1..65535";
	return NULL;
}

/* Copies the host without its brackets; rest is set to what follows it. */
static const char *
parse_host(const char *text, char host[TARGET_HOST_STRLEN], const char **rest)
{
	bool bracketed = text[0] == '[';
	size_t length;

	if (bracketed)
		text++;
	length = strcspn(text, bracketed ? "]" : ":");
	if (bracketed && text[length] != ']')
		return "a bracket is not closed";
	if (length == 0)
		return "the host is missing";
	if (length >= TARGET_HOST_STRLEN)
		return "the host name is too long";
	memcpy(host, text, length);
	host[length] = '\0';
	for (size_t i = 0; i < length; i++)
		if (!isgraph((unsigned char)host[i]) || host[i] == '[')
			return "not a host name";
	if (bracketed && strchr(host, ':') == NULL)
		return "brackets are for IPv6 addresses";
	*rest = text + length + bracketed;
	return NULL;
}

const char *
target_parse(const char *text, struct target_name *out)
{
	struct target_name name;
	const char *rest, *errstr;

	if (text[0] != '[' && strchr(text, ':') != strrchr(text, ':'))
		return "an IPv6 address needs brackets: [::1]:7";
	if ((errstr = parse_host(text, name.host, &rest)) != NULL)
		return errstr;
	if (rest[0] != '\0' && rest[0] != ':')
		return "junk after the bracket";
	(void)strlcpy(name.port, default_port, sizeof name.port);
	if (rest[0] == ':' &&
	    (errstr = parse_port(rest + 1, name.port)) != NULL)
		return errstr;
	*out = name;
	return NULL;
}

/*
 * Keeps the resolver's order, but lets the families take turns (RFC 8305,
 * section 4): a network without IPv6 costs one attempt, not all of them.
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

/* The client to name in a PROXY header; it needs an address and a port. */
static const char *
parse_proxy_source(const char *text, struct addr *addr)
{
	const char *errstr = addr_parse(text, addr);

	if (errstr == NULL && addr->family == AF_UNSPEC)
		errstr = "needs an address: 192.0.2.1:1234";
	return errstr;
}

/* The address to connect from, which also decides the family. */
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
target_open(struct target *target, const struct command *command,
    const struct target_options *o, const char *text)
{
	int family = o->family;
	const char *errstr;

	*target = (struct target){
	    .timeout = o->timeout,
	    .proxy_version = o->proxy_version,
	    .interface = o->interface,
	    .tos = (int)o->dscp << 2,
	};
	if ((errstr = target_parse(text, &target->name)) != NULL)
		options_fail(command, "%s%s%s", text,
		    text[0] != '\0' ? ": " : "", errstr);
	if (o->proxy_source != NULL &&
	    (errstr = parse_proxy_source(
		 o->proxy_source, &target->proxy_source)) != NULL)
		options_fail(
		    command, "--proxy-source=%s: %s", o->proxy_source, errstr);
	if (o->proxy_source != NULL && o->proxy_version == 0)
		options_fail(
		    command, "--proxy-source needs --proxy-v1 or --proxy-v2");
	if (o->source != NULL && (errstr = parse_source(o->source,
				      &target->source, &family)) != NULL)
		options_fail(command, "--source=%s: %s", o->source, errstr);
	target->family = family;
}

/* Is it an address of this machine?  Better said once than by each message. */
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

	if (target->interface != NULL && if_nametoindex(target->interface) == 0)
		fatal("%s", target->interface);
	if (target->source.family != AF_UNSPEC)
		try_source(&target->source);
	int error =
	    getaddrinfo(target->name.host, target->name.port, &hints, &found);
	if (error == EAI_SYSTEM)
		fatal("%s", target->name.host);
	if (error != 0)
		fatalx("%s: %s", target->name.host, gai_strerror(error));
	sort_addresses(target, found);
	freeaddrinfo(found);
}
