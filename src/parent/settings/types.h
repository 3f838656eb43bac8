/* SPDX-License-Identifier: ISC */

/* The types of values that only echod's settings have; see common/value.h. */

#ifndef TYPES_H
#define TYPES_H

#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/value.h"

/* The message after which the same text may be accepted later. */
extern const char out_of_memory[];

struct addr_list {
	struct addr *items;
	size_t count;
};

/* At most burst at once, per_second over time; per_second 0 = no limit. */
struct rate {
	uint32_t per_second;
	uint32_t burst;
};

extern const struct type type_addrs;    /* struct addr_list */
extern const struct type type_pidfile;  /* char * */
extern const struct type type_path;     /* char *: absolute, or "none" */
extern const struct type type_prefixes; /* struct prefix_list */
extern const struct type type_rate;     /* struct rate */
extern const struct type type_user;     /* char *: a name, UID, UID:GID */

#endif
