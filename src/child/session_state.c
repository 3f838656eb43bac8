/* SPDX-License-Identifier: ISC */

#include "child/session_state.h"

#include <stddef.h>

_Alignas(4096) struct session_state session_state;

/*
 * In a static program, libc gets the memory for its thread block from here.  By
 * default it takes the heap, which nothing else in a session needs, at the cost
 * of a page and three page tables.  The linker's --wrap puts lend() in place of
 * libc's function; with another libc, or a shared one, nobody calls it.  A
 * larger thread block, which GLIBC_TUNABLES can cause, still comes from the
 * heap.
 */
__attribute__((weak)) void *
    allocate(size_t) __asm__("__real__dl_early_allocate");
void *lend(size_t) __asm__("__wrap__dl_early_allocate");

/* Called before main(), and before there is an errno or a stack guard. */
void *
lend(size_t size)
{
	if (session_state.lent || size > sizeof session_state.thread)
		return allocate(size);
	session_state.lent = true;
	return session_state.thread + sizeof session_state.thread - size;
}
