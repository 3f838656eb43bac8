/* SPDX-License-Identifier: ISC */

#include "parent/memory.h"

#include <sys/mman.h>

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
