/* SPDX-License-Identifier: ISC */

#include "parent/process/shared_filter.h"

#include <sys/syscall.h>

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child/sandbox.h"
#include "common/calls.h"
#include "common/filter.h"

#if defined(CALLS_ARE_DIRECT) && defined(FILTER_ARCH)

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define HIGH(value)   ((uint32_t)((value) >> 32))
#define LOW(value)    ((uint32_t)(value))

enum {
	PAGE = 4096,

	/* With many, the calls of the parent take longer; a unit has some 15.
	 */
	FILTERS_MAX = 64,

	HEAD_LENGTH = 18,
	RULE_LENGTH = 9,
	PROGRAM_MAX = HEAD_LENGTH + SANDBOX_CODE_MAX * RULE_LENGTH + 1
};

/*
 * The upper half of the address of the vsyscall page, which nobody can unmap.
 * The kernel shows its calls to the filter, which kills their caller.
 */
#define VSYSCALL UINT32_MAX

/* The confined code, one page; undefined without the linker script. */
__attribute__((weak)) extern const char confined_start[], confined_end[];

/* ---- all other code ----------------------------------------------------- */

static bool
add(uintptr_t start, uintptr_t end)
{
	if (start >= end)
		return true;
	if (sandbox_code.count == SANDBOX_CODE_MAX)
		return false;
	sandbox_code.items[sandbox_code.count++] =
	    (struct span){start, end - start};
	return true;
}

/* Takes a line of /proc/self/maps. */
static bool
add_mapping(const char *line)
{
	uintptr_t confined = (uintptr_t)confined_start;
	uintptr_t behind = (uintptr_t)confined_end, start, end;
	char *next;

	start = strtoul(line, &next, 16);
	if (*next != '-')
		return false;
	end = strtoul(next + 1, &next, 16);
	if (strlen(next) < sizeof " r-xp" - 1)
		return false;
	if (next[sizeof " r-" - 1] != 'x' || HIGH(start) == VSYSCALL)
		return true;
	return add(start, end < confined ? end : confined) &&
	       add(start > behind ? start : behind, end);
}

static bool
find_code(void)
{
	FILE *file = fopen("/proc/self/maps", "re");
	char *line = NULL;
	size_t size = 0;
	bool good = true;

	if (file == NULL)
		return false;
	while (good && getline(&line, &size, file) != -1)
		good = add_mapping(line);
	good = good && feof(file);
	free(line);
	(void)fclose(file);
	return good;
}

/* The number of this process's filters, if the kernel tells it. */
static int
count_filters(void)
{
	static const char name[] = "Seccomp_filters:";
	FILE *file = fopen("/proc/self/status", "re");
	char *line = NULL;
	size_t size = 0;
	int count = 0;

	if (file == NULL)
		return FILTERS_MAX;
	while (getline(&line, &size, file) != -1)
		if (strncmp(line, name, sizeof name - 1) == 0)
			count = (int)strtol(line + sizeof name - 1, NULL, 10);
	free(line);
	(void)fclose(file);
	return count;
}

/* ---- the filter --------------------------------------------------------- */

/*
 * The first instructions do not depend on the address of the call, so the
 * kernel caches their verdict.
 */
static size_t
compose_head(struct sock_filter *program)
{
	uint64_t page = (uintptr_t)confined_start;
	const struct sock_filter head[HEAD_LENGTH] = {
	    FILTER_LOAD(arch),
	    FILTER_SKIP_IF(FILTER_ARCH, 1),
	    FILTER_RETURN(SECCOMP_RET_KILL_PROCESS),
	    FILTER_LOAD(nr),
	    FILTER_SKIP_IF(__NR_read, 9),
	    FILTER_SKIP_IF(__NR_write, 8),
	    FILTER_SKIP_IF(__NR_rt_sigreturn, 7),
	    FILTER_SKIP_IF(__NR_exit, 6),
	    FILTER_LOAD_HIGH(instruction_pointer),
	    FILTER_SKIP_IF(VSYSCALL, 7),
	    FILTER_SKIP_UNLESS(HIGH(page), 3),
	    FILTER_LOAD_LOW(instruction_pointer),
	    FILTER_AND(LOW(-PAGE)),
	    FILTER_SKIP_IF(LOW(page), 1),
	    FILTER_RETURN(SECCOMP_RET_ALLOW),
	    FILTER_LOAD(nr), /* from the confined code */
	    FILTER_SKIP_IF(__NR_munmap, 1),
	    FILTER_RETURN(SECCOMP_RET_KILL_PROCESS),
	};

	memcpy(program, head, sizeof head);
	return LENGTH(head);
}

/*
 * A session may unmap the other code, and nothing else: that fails, by which a
 * session knows that the filter is in force.
 */
static size_t
compose_rule(struct sock_filter *program, const struct span *code)
{
	uint64_t start = code->start, size = code->size;
	const struct sock_filter rule[RULE_LENGTH] = {
	    FILTER_LOAD_LOW(args[0]),
	    FILTER_SKIP_UNLESS(LOW(start), 7),
	    FILTER_LOAD_HIGH(args[0]),
	    FILTER_SKIP_UNLESS(HIGH(start), 5),
	    FILTER_LOAD_LOW(args[1]),
	    FILTER_SKIP_UNLESS(LOW(size), 3),
	    FILTER_LOAD_HIGH(args[1]),
	    FILTER_SKIP_UNLESS(HIGH(size), 1),
	    FILTER_RETURN(SECCOMP_RET_ALLOW),
	};

	memcpy(program, rule, sizeof rule);
	return LENGTH(rule);
}

static bool
enter(void)
{
	struct sock_filter program[PROGRAM_MAX];
	size_t length = compose_head(program);

	for (size_t i = 0; i < sandbox_code.count; i++)
		length +=
		    compose_rule(&program[length], &sandbox_code.items[i]);
	program[length++] =
	    (struct sock_filter)FILTER_RETURN(SECCOMP_RET_ERRNO | EPERM);
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0,
		   &(struct sock_fprog){(unsigned short)length, program}) == 0;
}

/* Where a program is not position independent, all have it in one place. */
static bool
is_anywhere(const char *page)
{
	return HIGH((uintptr_t)page) != 0;
}

void
shared_filter_enter(void)
{
	sandbox_code.count = 0;
	if (confined_end - confined_start != PAGE ||
	    !is_anywhere(confined_start) || count_filters() >= FILTERS_MAX ||
	    !find_code() || !enter())
		sandbox_code.count = 0;
}

#else

void
shared_filter_enter(void)
{
	/* Each session enters a filter of its own. */
}

#endif
