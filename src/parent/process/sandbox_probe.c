/* SPDX-License-Identifier: ISC */

/*
 * Runs in the parent, once.  The trial is a whole session, with one end of a
 * socket pair for a client, so what has passed it is what clients get.
 */

#include "parent/process/sandbox_probe.h"

#include <sys/types.h>

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "child/session.h"
#include "parent/log/log.h"
#include "parent/process/memory.h"

/* The child's side; it does not return. */
static _Noreturn void
serve(int fd, pid_t parent, enum sandbox sandbox, struct board_line *line)
{
	struct session session = {
	    .fd = fd,
	    .parent = parent,
	    .title = "echod: sandbox probe",
	    .line = line,
	    .sandbox = sandbox,
	};

	session_run(&session);
}

static bool
echoes(int fd)
{
	char byte = 0;

	return send(fd, "!", 1, MSG_NOSIGNAL) == 1 &&
	       shutdown(fd, SHUT_WR) == 0 && read(fd, &byte, 1) == 1 &&
	       byte == '!' && read(fd, &byte, 1) == 0;
}

static bool
try_sandbox(enum sandbox sandbox, struct board_line *line)
{
	pid_t parent = getpid(), pid;
	int pair[2], status;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
		log_fatal("cannot try the sandbox");
	if ((pid = _Fork()) == -1)
		log_fatal("cannot try the sandbox");
	if (pid == 0)
		serve(pair[1], parent, sandbox, line);
	(void)close(pair[1]);
	bool good = echoes(pair[0]);
	(void)close(pair[0]);
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			log_fatal("cannot try the sandbox");
	return good && WIFEXITED(status) && line->reason == REASON_CLIENT;
}

enum sandbox
sandbox_probe(void)
{
	static const enum sandbox modes[] = {SANDBOX_STRICT, SANDBOX_FILTER};
	struct board_line *line = memory_shared(sizeof *line);

	if (line == NULL)
		log_fatal("cannot try the sandbox");
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
		if (try_sandbox(modes[i], line)) {
			(void)munmap(line, sizeof *line);
			return modes[i];
		}
	log_fatalx("sessions cannot be confined on this system "
		   "(sandbox = off would serve without)");
}
