/* SPDX-License-Identifier: ISC */

/*
 * Memory of the parent's tables.  They are sized for the largest configuration,
 * and only pages that were ever used take memory.
 */

#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Allocates zeroed memory that forks do not inherit (MADV_DONTFORK).  Sessions
 * cannot read it, so they learn nothing about other clients, and the parent
 * need not copy the pages that it writes while sessions live.  NULL without
 * memory.
 */
void *memory_private(size_t);

/* Grows the memory, and may move it; on NULL it is unchanged. */
void *memory_private_resize(void *, size_t old, size_t new);

void memory_private_free(void *, size_t);

/*
 * Sets whether forks inherit the memory: the fork that becomes the daemon needs
 * it.
 */
void memory_private_inherit(void *, size_t, bool inherited);

/*
 * Keeps forks from inheriting the present heap and a shared libbsd.  Without
 * /proc their addresses are unknown; then sessions only cost more.
 */
void memory_hide_heap(void);

/* Returns the pages to the system; the memory is zeroed. */
void memory_private_trim(void *, size_t);

#endif
