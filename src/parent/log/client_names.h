/* SPDX-License-Identifier: ISC */

/*
 * The names of clients and proxies in the log and in process titles.  Many laws
 * treat addresses as personal data, so log-clients can shorten them to a
 * network or leave them out.
 */

#ifndef CLIENT_NAMES_H
#define CLIENT_NAMES_H

#include <stdint.h>

#include "common/addr.h"

enum log_clients {
	LOG_CLIENTS_FULL,
	LOG_CLIENTS_PREFIX, /* the network, without the port */
	LOG_CLIENTS_NONE    /* "-" */
};

/*
 * Networks are named up to a /24 of IPv4 and a /48 of IPv6, or less where the
 * prefixes that make one source are shorter.
 */
void client_names_configure(
    enum log_clients, unsigned source_v4, unsigned source_v6);

struct client_name {
	/* "192.0.2.1:51234", "[2001:db8::1]:51234", "192.0.2.0/24" or "-" */
	char whole[ADDR_STRLEN];
	char host[ADDR_STRLEN]; /* without the port */
	uint16_t port;          /* 0 = not logged */
};

void client_name(struct client_name *, const struct addr *);

/* A source, shortened to the prefix that may be logged. */
struct prefix client_source(const struct prefix *);
const char *client_source_name(const struct prefix *, char buf[ADDR_STRLEN]);

#endif
