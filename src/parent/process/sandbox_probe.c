/* SPDX-License-Identifier: ISC */

/*
 * Runs in the parent, once.  The probe is a complete session whose client is
 * one end of a socket pair, so it tests exactly what clients will get.
 */

#include "parent/process/sandbox_probe.h"

#include <sys/types.h>

#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <unistd.h>

#include "child/session.h"
#include "parent/log/log.h"
#include "parent/process/shared_filter.h"

enum {
	PARENT,
	SESSION
};

static void
make_pair(int type, int pair[2])
{
	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair) == -1)
		log_fatal("cannot try the sandbox");
}

static pid_t
start(const struct session *session)
{
	pid_t pid = _Fork();

	if (pid == -1)
		log_fatal("cannot try the sandbox");
	if (pid == 0)
		session_run(session);
	return pid;
}

static bool
echoes(int fd)
{
	char byte = 0;

	return send(fd, "!", 1, MSG_NOSIGNAL) == 1 &&
	       shutdown(fd, SHUT_WR) == 0 && read(fd, &byte, 1) == 1 &&
	       byte == '!' && read(fd, &byte, 1) == 0;
}

/* The only report must be that one byte was echoed. */
static bool
reports(int fd)
{
	struct report report;

	return recv(fd, &report, sizeof report, MSG_DONTWAIT) ==
		   sizeof report &&
	       report.kind == REPORT_END && report.bytes == 1;
}

static int
wait_for_end(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			log_fatal("cannot try the sandbox");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/*
 * The probe reports to its own queue, because nobody reads that of the sessions
 * here, and it may be full.
 */
static bool
try_sandbox(enum sandbox sandbox, bool own_filter)
{
	int client[2], queue[2];

	make_pair(SOCK_STREAM, client);
	make_pair(SOCK_DGRAM, queue);
	pid_t pid = start(&(struct session){
	    .fd = client[SESSION],
	    .reports = queue[SESSION],
	    .parent = getpid(),
	    .title = "echod: sandbox probe",
	    .sandbox = sandbox,
	    .own_filter = own_filter,
	});
	(void)close(client[SESSION]);
	bool good = echoes(client[PARENT]);
	(void)close(client[PARENT]);
	good &= wait_for_end(pid) == REASON_CLIENT;
	good &= reports(queue[PARENT]);
	(void)close(queue[PARENT]);
	(void)close(queue[SESSION]);
	return good;
}

enum sandbox
sandbox_probe(void)
{
	/* Either may be needed: see child/sandbox.h. */
	shared_filter_enter();
	if (!try_sandbox(SANDBOX_ON, false))
		sandbox_code.count = 0;
	if (try_sandbox(SANDBOX_ON, true))
		return SANDBOX_ON;
	log_fatalx("sessions cannot be confined on this system "
		   "(sandbox = off would serve without)");
}
