/* SPDX-License-Identifier: ISC */

/*
 * Whom to talk to: HOST[:PORT] from the command line, the addresses it
 * resolves to, and how to reach them.
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
	TARGET_ADDRESSES_MAX = 16 /* further ones are not tried */
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
 * Reads "HOST", "HOST:PORT", "[IPV6]" or "[IPV6]:PORT"; the port is 7 unless
 * given.  Asks nobody.  Returns NULL or what is wrong.
 */
const char *target_parse(const char *text, struct target_name *);

/*
 * Fills the target from the command line, whose only operand it is; what is
 * wrong there is printed and exits 2.  The options have to stay.
 */
void target_open(struct target *, const struct options *, char **operands);

/*
 * Resolves its name, which may take as long as the resolver does.  Failures
 * are fatal().
 */
void target_resolve(struct target *);

#endif
