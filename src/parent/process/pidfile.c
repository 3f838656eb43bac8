/* SPDX-License-Identifier: ISC */

/*
 * Runs in the parent, which opens and locks the file, then passes it to the
 * keeper (keeper.h) and closes its own descriptor.
 *
 * pidfile_open(3bsd) is not used, because it follows symbolic links and its
 * lock, flock(2)'s, can be held by whoever can read the file.  That of fcntl(2)
 * for writing cannot.
 */

#include "parent/process/pidfile.h"

#include <sys/types.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/string.h>

#include "parent/log/log.h"
#include "parent/process/keeper.h"

static struct {
	char *path;
	pid_t owner;
	int keeper; /* the socket to it, -1 = there is no pidfile */
} state = {.keeper = -1};

static void
release(void)
{
	if (getpid() != state.owner)
		return;
	int error = keeper_order(state.keeper, KEEPER_REMOVE);
	if (error == ESTALE)
		log_warnx("pidfile %s is not ours any more", state.path);
	else if (error != 0)
		log_warnx("cannot remove pidfile %s: %s", state.path,
		    strerror(error));
}

/* The pid in the file, 0 if there is none. */
static pid_t
read_pid(int fd)
{
	char text[16] = "";

	if (pread(fd, text, sizeof text - 1, 0) == -1)
		return 0;
	return (pid_t)strtol(text, NULL, 10);
}

static _Noreturn void
already_running(const char *path, int fd)
{
	pid_t other = read_pid(fd);

	if (other > 0)
		log_fatalx(
		    "already running, pid %d (pidfile %s)", (int)other, path);
	log_fatalx("already running (pidfile %s)",
	    path); /* the other has not written its pid yet */
}

/*
 * Refuses symbolic and hard links, by which another user could name any file.
 */
static int
open_file(const char *path)
{
	struct stat st;
	int fd = open(
	    path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

	if (fd == -1 && errno == ELOOP)
		log_fatalx("cannot open pidfile %s: Is a symbolic link", path);
	if (fd == -1 || fstat(fd, &st) == -1)
		log_fatal("cannot open pidfile %s", path);
	if (!S_ISREG(st.st_mode) || st.st_nlink > 1)
		log_fatalx(
		    "pidfile %s is not a regular file with one name", path);
	return fd;
}

static bool
is_in_place(const char *path, int fd)
{
	struct stat locked, named;

	return fstat(fd, &locked) == 0 && lstat(path, &named) == 0 &&
	       locked.st_dev == named.st_dev && locked.st_ino == named.st_ino;
}

/*
 * Returns whether the file is locked; if somebody who can only read it keeps it
 * from that, removes it.
 */
static bool
lock(const char *path, int fd)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
		return true;
	if ((errno != EAGAIN && errno != EACCES) ||
	    fcntl(fd, F_OFD_GETLK, &lock) == -1)
		log_fatal("cannot lock pidfile %s", path);
	if (lock.l_type == F_WRLCK)
		already_running(path, fd);
	if (lock.l_type == F_RDLCK && is_in_place(path, fd))
		(void)unlink(path);
	return false;
}

/*
 * Tries again if an earlier daemon removes the file before it is locked. Others
 * can read a new file once it is locked.
 */
static int
open_locked(const char *path)
{
	enum {
		TRIES = 10
	};

	for (int i = 0; i < TRIES; i++) {
		int fd = open_file(path);
		if (lock(path, fd) && is_in_place(path, fd)) {
			(void)fchmod(fd, 0644);
			return fd;
		}
		(void)close(fd);
	}
	log_fatalx("pidfile %s is replaced over and over", path);
}

void
pidfile_acquire(const char *path)
{
	state.path = strdup(path); /* the settings may change */
	if (state.path == NULL)
		log_fatal("cannot keep the name of pidfile %s", path);
	state.owner = getpid();
	int fd = open_locked(path);
	/*
	 * Removes the pid of an earlier daemon; this one writes its own when it
	 * is ready.
	 */
	if (ftruncate(fd, 0) == -1)
		log_fatal("cannot write pidfile %s", path);
	state.keeper = keeper_start(state.path, fd, state.owner);
	if (state.keeper == -1) {
		int error = errno;
		(void)unlink(path);
		errno = error;
		log_fatal("cannot start the keeper of pidfile %s", path);
	}
	(void)close(fd);
	if (atexit(release) != 0)
		log_fatal("cannot register the removal of %s", path);
}

int
pidfile_save(char *path, size_t size)
{
	if (strlcpy(path, state.keeper == -1 ? "" : state.path, size) >= size)
		path[0] = '\0'; /* too long to hand over: nothing will remove
				   the file */
	return state.keeper;
}

void
pidfile_restore(const char *path, int keeper)
{
	if (keeper == -1)
		return;
	state.path = strdup(path);
	state.owner = getpid();
	state.keeper = keeper;
	if (state.path == NULL || atexit(release) != 0)
		log_fatal("cannot keep pidfile %s", path);
}

void
pidfile_publish(void)
{
	if (state.keeper == -1)
		return;
	errno = keeper_order(state.keeper, KEEPER_PUBLISH);
	if (errno != 0)
		log_fatal("cannot write pidfile %s", state.path);
}
