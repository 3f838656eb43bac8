/* SPDX-License-Identifier: ISC */

#include "parent/memory.h"

#include <sys/mman.h>

#include <malloc.h>
#include <stdint.h>
#include <unistd.h>

void
memory_hide_heap(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t end = (uintptr_t)sbrk(0);
	/* Not what lies before malloc's part: libc's own, perhaps. */
	uintptr_t start = (end - mallinfo2().arena + page - 1) & -page;

	if (start < end)
		(void)madvise((void *)start, end - start, MADV_DONTFORK);
}

static void *
map(size_t size, int sharing)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    sharing | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void *
memory_private(size_t size)
{
	void *memory = map(size, MAP_PRIVATE);

	if (memory != NULL && madvise(memory, size, MADV_DONTFORK) == -1) {
		(void)munmap(memory, size);
		return NULL;
	}
	return memory;
}

void *
memory_shared(size_t size)
{
	return map(size, MAP_SHARED);
}

void
memory_private_trim(void *memory, size_t size)
{
	(void)madvise(memory, size, MADV_DONTNEED);
}

void
memory_shared_trim(void *memory, size_t size)
{
	(void)madvise(memory, size, MADV_REMOVE);
}
