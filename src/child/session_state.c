/* SPDX-License-Identifier: ISC */

#include "child/session_state.h"

#include <stdbool.h>
#include <stddef.h>

/* A variable in a section that layout.ld puts in its place. */
#define PLACED(name) __attribute__((section(".bss." name)))

PLACED("session_state") _Alignas(64) struct session_state session_state;

/*
 * Libc's block for a thread, in a static program; 3.3 kB in glibc 2.36 on
 * x86-64. At its end is what libc and the kernel write to in each new process
 * (ids, the list of robust locks, restartable sequences), 2.5 kB, which is to
 * be in the page where session_state begins.
 */
PLACED("thread_block") _Alignas(4096) static char thread_block[4096 + 2560];

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
	static bool lent;

	if (lent || size > sizeof thread_block)
		return allocate(size);
	lent = true;
	return thread_block + sizeof thread_block - size;
}
