/* SPDX-License-Identifier: ISC */

/*
 * Runs in the parent.  The probe is a complete session whose client is
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
close_pair(const int pair[2])
{
	(void)close(pair[PARENT]);
	(void)close(pair[SESSION]);
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

/* Returns the exit status, or -1 if there is none. */
static int
wait_for_end(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool
works(pid_t pid, int client, int queue)
{
	bool good = echoes(client);

	(void)shutdown(client, SHUT_RDWR);
	return wait_for_end(pid) == REASON_CLIENT && good && reports(queue);
}

/*
 * The probe reports to its own queue, because nobody reads that of the sessions
 * here, and it may be full.  Returns 0, an errno value if nothing could be
 * tried, or -1 if the session was not right.
 */
static int
try_sandbox(bool own_filter)
{
	int client[2], queue[2], result = -1;
	pid_t parent = getpid();

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, client) == -1)
		return errno;
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, queue) == -1) {
		result = errno;
		close_pair(client);
		return result;
	}
	pid_t pid = _Fork();
	if (pid == 0)
		session_run(&(struct session){
		    .fd = client[SESSION],
		    .reports = queue[SESSION],
		    .parent = parent,
		    .title = "echod: sandbox probe",
		    .sandbox = SANDBOX_ON,
		    .own_filter = own_filter,
		});
	if (pid == -1)
		result = errno;
	(void)close(client[SESSION]); /* so that the session's end is seen */
	if (pid != -1 && works(pid, client[PARENT], queue[PARENT]))
		result = 0;
	(void)close(client[PARENT]);
	close_pair(queue);
	return result;
}

void
sandbox_share(void)
{
	shared_filter_enter();
	if (sandbox_code.count > 0 && try_sandbox(false) != 0)
		sandbox_code.count = 0;
}

enum sandbox
sandbox_probe(void)
{
	sandbox_share();
	switch (errno = try_sandbox(true)) {
	case 0:
		return SANDBOX_ON;
	case -1:
		log_fatalx("sessions cannot be confined on this system "
			   "(sandbox = off would serve without)");
	default:
		log_fatal("cannot try the sandbox");
	}
}
