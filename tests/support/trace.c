/* SPDX-License-Identifier: ISC */

/*
 * For a COVERAGE=1 build only: notes which blocks of the program have run, in
 * all of its processes.  gcc's -fsanitize-coverage=trace-pc calls the function
 * below in each block.  The notes are a byte for each address of the program,
 * in the file $TRACE/NAME, which all processes map: a block counts also if
 * its process is killed, executes another program or is confined.
 */

#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const char __executable_start[], _end[];

/* Confined sessions call it as well: see src/common/confined.h. */
__attribute__((section("confined_text"))) void __sanitizer_cov_trace_pc(void);

static volatile unsigned char *notes;

void
__sanitizer_cov_trace_pc(void)
{
	uintptr_t address = (uintptr_t)__builtin_return_address(0);

	if (notes != NULL)
		notes[address - (uintptr_t)__executable_start] = 1;
}

static void *
map_notes(const char *folder)
{
	size_t size = (size_t)(_end - __executable_start);
	char program[256], path[512];
	ssize_t length;
	void *map;
	int fd;

	length = readlink("/proc/self/exe", program, sizeof program - 1);
	if (length == -1)
		return NULL;
	program[length] = '\0';
	(void)snprintf(path, sizeof path, "%s/%s", folder, basename(program));
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd == -1)
		return NULL;
	(void)fchmod(fd, 0666);
	if (ftruncate(fd, (off_t)size) == -1)
		abort();
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	return map == MAP_FAILED ? NULL : map;
}

__attribute__((constructor)) static void
begin_notes(void)
{
	const char *folder = getenv("TRACE");
	int saved = errno;

	if (folder != NULL)
		notes = map_notes(folder);
	errno = saved;
}
