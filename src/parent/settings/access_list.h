/* SPDX-License-Identifier: ISC */

/*
 * Compiles the settings "allow" and "deny" into a sorted table, in which a
 * look-up takes logarithmic time.  Prefixes and table are in memory that
 * sessions do not inherit.
 */

#ifndef ACCESS_LIST_H
#define ACCESS_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "common/addr.h"

/* Prefixes as configured, in memory that forks do not inherit. */
struct prefix_list {
	struct prefix *items;
	size_t count;
	size_t room; /* items allocated */
};

/* False without memory; the list is then unchanged. */
bool prefix_list_add(struct prefix_list *, const struct prefix *);
void prefix_list_inherit(const struct prefix_list *, bool inherited);
void prefix_list_free(struct prefix_list *);

/*
 * The verdict for all addresses from start up to the next boundary of the
 * family.
 */
struct boundary {
	uint8_t start[16];
	bool allowed;
};

/* A zeroed list refuses every client. */
struct access_list {
	struct boundary *boundaries; /* ascending: IPv4, then IPv6 */
	size_t v4, v6;               /* the number of each */
	size_t size;                 /* bytes of memory */
	bool others; /* the verdict for a family without boundaries */
};

/*
 * Compiles the two lists.  The longest prefix that matches an address decides,
 * and deny wins over allow of the same length.  others is the verdict for
 * addresses that match no prefix.  False without memory.
 */
bool access_list_make(struct access_list *, const struct prefix_list *allow,
    const struct prefix_list *deny, bool others);

bool access_list_allows(const struct access_list *, const struct addr *);

void access_list_inherit(const struct access_list *, bool inherited);
void access_list_free(struct access_list *);

#endif
