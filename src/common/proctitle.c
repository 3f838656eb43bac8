/* SPDX-License-Identifier: ISC */

#include "common/proctitle.h"

#include <string.h>
#include <unistd.h>

#include <bsd/unistd.h>

/*
 * The memory of the arguments and of the environment, which follows them.  If
 * the last byte of the arguments is not NUL, the kernel shows the title up to
 * the next NUL.
 */
static struct {
	char *start;
	size_t arguments, size;
} area;

/* The end of the strings that follow each other without a gap from end on. */
static char *
end_of_strings(char **strings, char *end)
{
	for (; *strings == end; strings++)
		end += strlen(end) + 1;
	return end;
}

void
proctitle_init(int argc, char **argv)
{
	if (argc > 0) {
		char *end = end_of_strings(argv, argv[0]);
		area.start = argv[0];
		area.arguments = (size_t)(end - area.start);
		area.size = (size_t)(end_of_strings(environ, end) - area.start);
	}
	setproctitle_init(argc, argv, environ);
	/*
	 * libbsd has copied both.  Erase the environment, which sessions must
	 * not see.
	 */
	if (area.size > area.arguments)
		memset(
		    area.start + area.arguments, 0, area.size - area.arguments);
}

void
proctitle_set(const char *text)
{
	if (area.size == 0)
		return;
	volatile char *to = area.start, *last = to + area.size - 1;
	/*
	 * Loops, because library functions would page in code that the child
	 * has not touched.
	 */
	while (*text != '\0' && to < last)
		*to++ = *text++;
	do
		*to++ = '\0';
	while (to < area.start + area.arguments);
}
