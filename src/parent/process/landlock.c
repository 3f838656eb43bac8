/* SPDX-License-Identifier: ISC */

#include "parent/process/landlock.h"

#if __has_include(<linux/landlock.h>)
#include <linux/landlock.h>
#define HAVE_LANDLOCK
#endif
#include <sys/auxv.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_LANDLOCK

/* Missing in the headers of Linux 6.1. */
#define ACCESS_FS_TRUNCATE     (UINT64_C(1) << 14)
#define ACCESS_NET_CONNECT_TCP (UINT64_C(1) << 1)
#define SCOPE_SIGNAL           (UINT64_C(1) << 1)

struct attributes {
	uint64_t files;
	uint64_t net;
	uint64_t scoped;
};

#define MAKE                                                                   \
	(LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |          \
	    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |       \
	    LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |     \
	    LANDLOCK_ACCESS_FS_MAKE_SYM)
#define REMOVE (LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE)
#define WRITE  (LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_FS_TRUNCATE)
#define REPLACE                                                                \
	(WRITE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE)

/* The restrictions, each with the version of Landlock that introduced it. */
static const struct {
	int version;
	struct attributes forbidden;
} steps[] = {
    {1, {.files = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
		  MAKE | REMOVE}},
    {2, {.files = LANDLOCK_ACCESS_FS_REFER}},
    {3, {.files = ACCESS_FS_TRUNCATE}},
    {4, {.net = ACCESS_NET_CONNECT_TCP}},
    {6, {.scoped = SCOPE_SIGNAL}},
};

static struct attributes
forbidden_by(int version)
{
	struct attributes all = {0};

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		if (steps[i].version <= version) {
			all.files |= steps[i].forbidden.files;
			all.net |= steps[i].forbidden.net;
			all.scoped |= steps[i].forbidden.scoped;
		}
	return all;
}

/*
 * An older kernel refuses attributes that it does not know, and a larger
 * structure.
 */
static size_t
size_for(int version)
{
	if (version >= 6)
		return sizeof(struct attributes);
	return version >= 4 ? offsetof(struct attributes, scoped)
			    : offsetof(struct attributes, net);
}

/* If a path cannot be opened, access to it stays forbidden. */
static void
allow(int ruleset, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = access};

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd == -1)
		return;
	(void)syscall(SYS_landlock_add_rule, ruleset,
	    LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	(void)close(rule.parent_fd);
}

/* Allows the whole directory, because an upgrade replaces the file in it. */
static void
allow_execution_beside(int ruleset, const char *file)
{
	char directory[PATH_MAX];
	char *slash =
	    realpath(file, directory) == NULL ? NULL : strrchr(directory, '/');

	if (slash == NULL)
		return; /* without it there are no upgrades */
	*slash = '\0';
	allow(ruleset, directory[0] == '\0' ? "/" : directory,
	    LANDLOCK_ACCESS_FS_EXECUTE);
}

/* The dynamic linker that the program was started by, or NULL. */
static const char *
loader(void)
{
	const ElfW(Phdr) *headers = (const void *)getauxval(AT_PHDR);
	unsigned long count = getauxval(AT_PHNUM);
	const char *base = NULL;

	for (unsigned long i = 0; i < count; i++)
		if (headers[i].p_type == PT_PHDR)
			base = (const char *)headers - headers[i].p_vaddr;
	for (unsigned long i = 0; base != NULL && i < count; i++)
		if (headers[i].p_type == PT_INTERP)
			return base + headers[i].p_vaddr;
	return NULL;
}

/* Adds the rules, limited to the rights that this kernel knows. */
static void
add_rules(
    int ruleset, uint64_t known, const char *program, const char *writable)
{
	const char *linker = loader();

	allow(ruleset, "/dev/null", WRITE & known);
	if (isatty(STDERR_FILENO))
		allow(ruleset, "/proc/self/fd/2", WRITE & known);
	if (writable != NULL)
		allow(ruleset, writable, REPLACE & known);
	if (program != NULL)
		allow_execution_beside(ruleset, program);
	if (linker != NULL)
		allow_execution_beside(ruleset, linker);
}

int
landlock_enter(const char *program, const char *writable, bool alone)
{
	int version = (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);

	if (version <= 0)
		return 0;
	struct attributes forbidden = forbidden_by(version);
	if (!alone)
		forbidden.scoped = 0;
	int ruleset = (int)syscall(
	    SYS_landlock_create_ruleset, &forbidden, size_for(version), 0);
	if (ruleset == -1)
		return 0;
	add_rules(ruleset, forbidden.files, program, writable);
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) == -1)
		version = 0;
	int error = errno;
	(void)close(ruleset);
	errno = error;
	return version;
}

#else

int
landlock_enter(const char *program, const char *writable, bool alone)
{
	(void)alone;
	(void)program;
	(void)writable;
	errno = ENOSYS;
	return 0;
}

#endif
