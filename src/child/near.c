/* SPDX-License-Identifier: ISC */

#include "child/near.h"

#include <stddef.h>

_Alignas(4096) struct near near;

/*
 * Where libc, in a static program, gets the memory for its thread's block.  It
 * would take it from the heap, which nothing else in a session needs: a page
 * and three page tables.  The linker's --wrap puts lend() in its place; with
 * another libc, or a shared one, nobody calls it.  A thread that needs more,
 * as GLIBC_TUNABLES can have it, gets it from the heap.
 */
__attribute__((weak)) void *
    allocate(size_t) __asm__("__real__dl_early_allocate");
void *lend(size_t) __asm__("__wrap__dl_early_allocate");

/* Called before main(), and before there is an errno or a stack guard. */
void *
lend(size_t size)
{
	if (near.lent || size > sizeof near.thread)
		return allocate(size);
	near.lent = true;
	return near.thread + sizeof near.thread - size;
}
