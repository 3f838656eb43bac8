/* SPDX-License-Identifier: ISC */

/*
 * The target: HOST[:PORT] of the command line, its addresses, and how to reach
 * them.
 */

#ifndef TARGET_H
#define TARGET_H

#include <stddef.h>
#include <stdint.h>

#include "client/options.h"
#include "common/addr.h"
#include "common/clock.h"
#include "common/host_port.h"

enum {
	TARGET_ADDRESSES_MAX = 16 /* more are not tried */
};

struct target_name {
	char host[HOST_STRLEN];
	char port[6];
};

struct target {
	const struct options *asked;
	struct target_name name;
	size_t address_count;
	struct addr addresses[TARGET_ADDRESSES_MAX]; /* in RFC 8305's order */
	struct addr source;       /* AF_UNSPEC = the kernel's choice */
	struct addr proxy_source; /* AF_UNSPEC = our end of the connection */
	int family;               /* to resolve to */
};

/*
 * Reads "HOST", "HOST:PORT", "[IPV6]" or "[IPV6]:PORT" without resolving it;
 * the default port is 7.  Returns NULL or the error.
 */
const char *target_parse(const char *text, struct target_name *);

/*
 * Fills in the target from the command line, whose only operand names it.
 * Prints errors and exits 2.  The options must outlive the target.
 */
void target_open(struct target *, const struct options *, char **operands);

/* Resolves the name.  Failures are fatal(). */
void target_resolve(struct target *);

#endif
