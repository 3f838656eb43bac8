/* SPDX-License-Identifier: ISC */

#include "common/host_port.h"

#include <stdio.h>
#include <string.h>

#include "common/units.h"

const char *
host_port_split(const char *text, struct host_port *out)
{
	const char *host = text;

	if (text[0] != '[' && strchr(text, ':') != strrchr(text, ':'))
		return "an IPv6 address needs brackets: [::1]:7";
	if (text[0] == '[')
		host++;
	size_t length = strcspn(host, host > text ? "]" : ":");
	const char *rest = host + length;
	if (host > text && *rest++ == '\0')
		return "a bracket is not closed";
	if (length == 0)
		return "the host is missing";
	if (length >= sizeof out->host)
		return "the host name is too long";
	if (host > text && memchr(host, ':', length) == NULL)
		return "brackets are for IPv6 addresses";
	if (*rest != '\0' && *rest != ':')
		return "junk after the bracket";
	memcpy(out->host, host, length);
	out->host[length] = '\0';
	out->port = *rest == ':' ? rest + 1 : NULL;
	return NULL;
}

const char *
port_parse(const char *text, uint16_t min, uint16_t *port)
{
	static char message[48];
	int64_t number;

	if (text[0] == '\0')
		return "the port is missing";
	if (text[strspn(text, "0123456789")] != '\0')
		return "the port is not a number";
	const char *errstr = units_parse_count(text, min, UINT16_MAX, &number);
	if (errstr == NULL) {
		*port = (uint16_t)number;
		return NULL;
	}
	(void)snprintf(message, sizeof message, "the port %s", errstr);
	return message;
}
