/* SPDX-License-Identifier: ISC */

/* HOST:PORT as people write it, split and checked but not looked up. */

#ifndef HOST_PORT_H
#define HOST_PORT_H

#include <stdint.h>

enum {
	HOST_STRLEN = 256 /* a name of DNS, or an address, with NUL */
};

struct host_port {
	char host[HOST_STRLEN]; /* without brackets */
	const char *port;       /* in the text, NULL = none */
};

/*
 * Splits "HOST", "HOST:PORT", "[IPV6]" or "[IPV6]:PORT".  Returns NULL or
 * what is wrong.
 */
const char *host_port_split(const char *text, struct host_port *);

/* Reads a port of at least min; returns NULL or what is wrong. */
const char *port_parse(const char *text, uint16_t min, uint16_t *port);

#endif
