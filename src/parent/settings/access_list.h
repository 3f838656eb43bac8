/* SPDX-License-Identifier: ISC */

/*
 * Which addresses are served: the keys allow and deny, made for looking one up
 * in O(log n).  Sessions have neither the prefixes nor what is made of them.
 */

#ifndef ACCESS_LIST_H
#define ACCESS_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "common/addr.h"

/* As they were given.  The memory is left out of forks. */
struct prefix_list {
	struct prefix *items;
	size_t count;
	size_t room; /* items that there is memory for */
};

/* False without memory; the list is then as before. */
bool prefix_list_add(struct prefix_list *, const struct prefix *);
void prefix_list_inherit(const struct prefix_list *, bool inherited);
void prefix_list_free(struct prefix_list *);

/* All addresses from one on, up to the next boundary of the family. */
struct boundary {
	uint8_t start[16];
	bool allowed;
};

/* Zeroed, it refuses everybody. */
struct access_list {
	struct boundary *boundaries; /* ascending; IPv4's, then IPv6's */
	size_t v4, v6;               /* how many of them */
	size_t size;                 /* bytes of memory */
	bool others;                 /* the verdict where there is none */
};

/*
 * Of all prefixes that an address matches the longest decides, and deny before
 * allow of the same length; others is for an address that matches none.  False
 * without memory.
 */
bool access_list_make(struct access_list *, const struct prefix_list *allow,
    const struct prefix_list *deny, bool others);

bool access_list_allows(const struct access_list *, const struct addr *);

void access_list_inherit(const struct access_list *, bool inherited);
void access_list_free(struct access_list *);

#endif
