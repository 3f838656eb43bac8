/* SPDX-License-Identifier: ISC */

#include "parent/metrics/metrics_file.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#define SUFFIX ".new" /* not ".prom", which collectors would read */

enum {
	MODE =
	    0644 /* whatever the umask is, because another user collects it */
};

/* Creates a new file; removes one that a crash has left. */
static int
create(const char *path)
{
	(void)unlink(path);
	return open(
	    path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, MODE);
}

static bool
fill(int fd, const struct figures *figures)
{
	bool good = fchmod(fd, MODE) == 0 && exposition_write(fd, figures);
	int error = errno;

	if (close(fd) == -1 && good)
		return false;
	errno = error;
	return good;
}

bool
metrics_file_write(const char *path, const struct figures *figures)
{
	char fresh[PATH_MAX + sizeof SUFFIX];

	(void)snprintf(fresh, sizeof fresh, "%s" SUFFIX, path);
	int fd = create(fresh);
	if (fd == -1)
		return false;
	if (fill(fd, figures) && rename(fresh, path) == 0)
		return true;
	int error = errno;
	(void)unlink(fresh);
	errno = error;
	return false;
}
