/* SPDX-License-Identifier: ISC */

#include "parent/process/memory.h"

#include <sys/mman.h>

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * The memory that malloc(3) got from brk(2), by the kernel's name for it.  It
 * may contain libc's thread block, which sessions need (see
 * child/session_state.c).
 */
static bool
is_heap(const char *mapping)
{
	return strstr(mapping, " [heap]") != NULL &&
	       strchr(mapping, '/') == NULL;
}

/*
 * Sessions call nothing of libbsd, and each mapping of a shared library adds
 * most of a microsecond to a fork and the exit.
 */
static bool
is_library_of_parent(const char *mapping)
{
	return strstr(mapping, "/libbsd.so") != NULL ||
	       strstr(mapping, "/libmd.so") != NULL;
}

/* The heap begins where static data ends, and may share a mapping with it. */
static uintptr_t
behind_data(uintptr_t start, uintptr_t end)
{
	extern const char data_end[] __asm__("_end"); /* end(3) */
	uintptr_t data = (uintptr_t)data_end;
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	return start < data && data < end ? (data + page - 1) & -page : start;
}

static void
hide_if_unused(const char *mapping)
{
	uintptr_t thread = (uintptr_t)&errno, start, end;
	char *next;

	if (!is_heap(mapping) && !is_library_of_parent(mapping))
		return;
	start = strtoul(mapping, &next, 16);
	end = strtoul(next + 1, NULL, 16); /* after the dash */
	start = behind_data(start, end);
	if (start < end && (thread < start || thread >= end))
		(void)madvise((void *)start, end - start, MADV_DONTFORK);
}

void
memory_hide_heap(void)
{
	FILE *file = fopen("/proc/self/maps", "re");
	char line[256];

	if (file == NULL)
		return; /* then sessions inherit the heap, and cost more */
	while (fgets(line, sizeof line, file) != NULL)
		hide_if_unused(line);
	(void)fclose(file);
}

void *
memory_private(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	if (madvise(memory, size, MADV_DONTFORK) == -1) {
		(void)munmap(memory, size);
		return NULL;
	}
	return memory;
}

void *
memory_private_resize(void *memory, size_t old, size_t new)
{
	if (memory == NULL)
		return memory_private(new);
	memory = mremap(memory, old, new, MREMAP_MAYMOVE);
	return memory == MAP_FAILED ? NULL : memory;
}

void
memory_private_inherit(void *memory, size_t size, bool inherited)
{
	if (memory != NULL)
		(void)madvise(
		    memory, size, inherited ? MADV_DOFORK : MADV_DONTFORK);
}

void
memory_private_free(void *memory, size_t size)
{
	if (memory != NULL)
		(void)munmap(memory, size);
}

void
memory_private_trim(void *memory, size_t size)
{
	(void)madvise(memory, size, MADV_DONTNEED);
}
