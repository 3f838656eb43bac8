/* SPDX-License-Identifier: ISC */

#include "child/session_state.h"

#include <stdbool.h>
#include <stddef.h>

/* A variable in a section of its own, for layout.ld. */
#define PLACED(name) __attribute__((section(".bss." name)))

PLACED("session_state") _Alignas(64) struct session_state session_state;

/*
 * The thread block of libc in a static program, 3.3 kB in glibc 2.36 on x86-64.
 * libc and the kernel write to its last 2.5 kB in each new process (ids, the
 * list of robust locks, restartable sequences).  layout.ld puts these in the
 * page where session_state begins.
 */
PLACED("thread_block") _Alignas(4096) static char thread_block[4096 + 2560];

/*
 * Gives a static libc the memory for its thread block.  libc itself would take
 * it from the heap, which costs each session a page and three page tables for
 * nothing else.  The linker's --wrap replaces libc's function by lend(); with
 * another libc, or a shared one, nothing calls it.  A larger thread block,
 * which GLIBC_TUNABLES can cause, still comes from the heap.
 */
__attribute__((weak)) void *
    allocate(size_t) __asm__("__real__dl_early_allocate");
void *lend(size_t) __asm__("__wrap__dl_early_allocate");

/* Runs before main(), when errno and the stack guard do not exist yet. */
void *
lend(size_t size)
{
	static bool lent;

	if (lent || size > sizeof thread_block)
		return allocate(size);
	lent = true;
	return thread_block + sizeof thread_block - size;
}
