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
 * Zeroed memory that forks leave out.  So sessions cannot read it and learn
 * about other clients, and the parent need not copy the pages that it writes
 * while sessions live.  NULL without memory.
 */
void *memory_private(size_t);

/* Makes it larger, wherever that is; NULL leaves it as it was. */
void *memory_private_resize(void *, size_t old, size_t new);

void memory_private_free(void *, size_t);

/* Whether forks inherit the memory, as one must that goes on as the parent. */
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
