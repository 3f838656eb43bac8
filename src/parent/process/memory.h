/* SPDX-License-Identifier: ISC */

/*
 * The parent's tables.  They are laid out for the largest configuration and
 * cost only the pages that were ever used.
 */

#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Zeroed memory that a fork leaves out: sessions can neither read it, and so
 * learn about other clients, nor does their being there make the parent copy
 * each page that it writes.  NULL if there is none.
 */
void *memory_private(size_t);

/* Makes it larger, wherever that is; NULL leaves it as it was. */
void *memory_private_resize(void *, size_t old, size_t new);

void memory_private_free(void *, size_t);

/* For forks that continue the parent, as a daemon's: whether they have it. */
void memory_private_inherit(void *, size_t, bool inherited);

/*
 * The same for the heap as it is now and, where it is a shared library, for
 * libbsd.  Without /proc their addresses are unknown, and sessions only cost
 * more.
 */
void memory_hide_heap(void);

/* Gives the pages back; the memory is zeroed. */
void memory_private_trim(void *, size_t);

#endif
