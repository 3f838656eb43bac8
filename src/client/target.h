/* SPDX-License-Identifier: ISC */

/*
 * Whom to talk to: HOST[:PORT] from the command line, the addresses it
 * resolves to, and what every subcommand may be told about reaching them.
 */

#ifndef TARGET_H
#define TARGET_H

#include <sys/socket.h>

#include <stdbool.h>
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

/* What the options common to all subcommands set. */
struct target_options {
	int family;
	int proxy_version; /* 0 = no header */
	const char *source;
	const char *proxy_source;
	int64_t timeout; /* 0 = none */
	const char *interface;
	uint64_t dscp;
	bool json, json_stream, quiet;
};

/*
 * Their rows, for a structure whose first member is struct target_options.
 * The default of the timeout, a string, is that structure's business.
 */
/* clang-format off */
#define TARGET_OFFSET(member) offsetof(struct target_options, member)
#define TARGET_ROWS(default_timeout, quiet_help)                                           \
	OPTION('4', type_set, "ipv4", NULL, TARGET_OFFSET(family), AF_INET, 0,     \
	    "use IPv4 only"),                                                  \
	OPTION('6', type_set, "ipv6", NULL, TARGET_OFFSET(family), AF_INET6, 0,    \
	    "use IPv6 only"),                                                  \
	OPTION('I', type_word, "source", "ADDRESS", TARGET_OFFSET(source), 0, 0,   \
	    "connect from this address"),                                      \
	OPTION('W', type_span, "timeout", "TIME", TARGET_OFFSET(timeout), 0,       \
	    SEC * 3600 * 24,                                                   \
	    "give up waiting after this long (" default_timeout ")"),          \
	OPTION('q', type_flag, "quiet", NULL, TARGET_OFFSET(quiet), 0, 0,         \
	    quiet_help),                                                        \
	OPTION(0, type_flag, "json", NULL, TARGET_OFFSET(json), 0, 0,              \
	    "JSON on standard output, text on stderr"),             \
	OPTION(0, type_flag, "json-stream", NULL, TARGET_OFFSET(json_stream), 0,   \
	    0, "the same, a line for all that happens"),                 \
	OPTION(0, type_word, "interface", "NAME", TARGET_OFFSET(interface), 0, 0,  \
	    "connect through this network interface"),                         \
	OPTION(0, type_count, "dscp", "N", TARGET_OFFSET(dscp), 0, 63,             \
	    "differentiated services code point to send"),             \
	OPTION(0, type_set, "proxy-v1", NULL, TARGET_OFFSET(proxy_version), 1, 0,  \
	    "begin with a PROXY protocol header, version 1"),                  \
	OPTION(0, type_set, "proxy-v2", NULL, TARGET_OFFSET(proxy_version), 2, 0,  \
	    "the same in version 2"),                                          \
	OPTION(0, type_word, "proxy-source", "ADDR:PORT",                          \
	    TARGET_OFFSET(proxy_source), 0, 0,                                 \
	    "the client it names, instead of this end")
/* clang-format on */

struct target {
	struct target_name name;
	size_t address_count;
	struct addr addresses[TARGET_ADDRESSES_MAX]; /* in RFC 8305's order */
	struct addr source;       /* AF_UNSPEC = the kernel's choice */
	struct addr proxy_source; /* AF_UNSPEC = our end of the connection */
	int proxy_version;
	int64_t timeout;
	const char *interface; /* NULL = any */
	int tos;               /* the byte of the IP header; 0 = default */
	int family;            /* to resolve to */
};

/*
 * Reads "HOST", "HOST:PORT", "[IPV6]" or "[IPV6]:PORT"; the port is 7 unless
 * given.  Asks nobody.  Returns NULL or what is wrong.
 */
const char *target_parse(const char *text, struct target_name *);

/*
 * Fills the target from the command line; what is wrong there is printed and
 * exits 2.
 */
void target_open(struct target *, const struct command *,
    const struct target_options *, const char *text);

/*
 * Resolves its name, which may take as long as the resolver does.  Failures
 * are fatal().
 */
void target_resolve(struct target *);

#endif
