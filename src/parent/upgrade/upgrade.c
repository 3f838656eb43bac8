/* SPDX-License-Identifier: ISC */

#include "parent/upgrade/upgrade.h"

#include <sys/mman.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bsd/vis.h>

#include "common/clock.h"
#include "parent/log/events.h"
#include "parent/log/log.h"
#include "parent/server.h"
#include "parent/settings/command_line.h"
#include "parent/upgrade/answer.h"
#include "parent/upgrade/program.h"
#include "parent/upgrade/state.h"

enum {
	PATIENCE = 10, /* seconds that the test may take */
	WHY_MAX = 1024
};

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* ---- the end of an attempt ---------------------------------------------- */

static void
finish(struct server *server)
{
	struct upgrade *upgrade = &server->upgrade;

	timer_clear(&upgrade->deadline);
	if (upgrade->answer != -1)
		(void)close(upgrade->answer);
	upgrade->answer = -1;
	upgrade->tester = 0;
	(void)notify_send(&server->notify, "READY=1");
	if (upgrade->again) /* for a program that may have changed meanwhile */
		(void)kill(server->pid, SIGUSR2);
	upgrade->again = false;
}

static void __attribute__((format(printf, 2, 3)))
fail(struct server *server, const char *format, ...)
{
	char why[WHY_MAX];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(why, sizeof why, format, ap);
	va_end(ap);
	event_upgrade_failed(why);
	finish(server);
}

/* ---- the state ---------------------------------------------------------- */

/*
 * Writes the state to a memfd and seals it.  Returns the memfd, or -1 with
 * errno.
 */
static int
save(const struct server *server, const struct handover *handover)
{
	int fd = memfd_create("echod-state", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int copy =
	    fd == -1 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	FILE *file = copy == -1 ? NULL : fdopen(copy, "w");
	bool good = false;

	if (file != NULL) {
		good = state_write(file, server, handover);
		good = fclose(file) == 0 && good;
	} else if (copy != -1) {
		(void)close(copy);
	}
	if (good && fcntl(fd, F_ADD_SEALS, SEALS) == 0 &&
	    lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	int error = errno;
	if (fd != -1)
		(void)close(fd);
	errno = error;
	return -1;
}

/* ---- executing ---------------------------------------------------------- */

/*
 * Executes the new program.  Returns only on failure, with errno and all as
 * before.
 */
static void
execute(struct server *server, struct handover *handover)
{
	struct inheritance left = {
	    .state = save(server, handover), .answer = server->upgrade.answer};

	if (left.state == -1)
		return;
	if (state_keep(server, handover, true) &&
	    fcntl(left.state, F_SETFD, 0) == 0 &&
	    fcntl(left.answer, F_SETFD, 0) == 0)
		program_execute(&left);
	int error = errno;
	(void)state_keep(server, handover, false);
	(void)close(left.state);
	errno = error;
}

/* Repeats pending requests as signals, which the new program will receive. */
static void
hand_on_requests(struct server *server)
{
	if (server->upgrade.again)
		(void)kill(server->pid, SIGUSR2);
	if (server->upgrade.reloaded)
		(void)kill(server->pid, SIGHUP);
	if (status_is_under_way(server))
		(void)kill(server->pid, SIGUSR1);
	server->upgrade.again = false;
}

static void
replace(struct server *server, const struct answer *answer)
{
	struct handover handover = {
	    .sandbox = answer->sandbox, .began = clock_now()};
	struct stat program;

	state_describe(server, &handover);
	if (!program_look(&program)) {
		fail(server, "%s: %s", program_path(), strerror(errno));
		return;
	}
	if (!program_is_same(&program, &server->upgrade.program)) {
		fail(server, "%s was replaced while it was tested",
		    program_path());
		return;
	}
	throttles_hand_on(&server->throttles, handover.began);
	hand_on_requests(server);
	execute(server, &handover);
	fail(server, "%s: %s", program_path(), strerror(errno));
}

/* ---- the answer --------------------------------------------------------- */

static bool
take_answer(int fd, struct answer *answer)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	FILE *file = copy == -1 ? NULL : fdopen(copy, "r");

	if (file == NULL) {
		if (copy != -1)
			(void)close(copy);
		return false;
	}
	rewind(file);
	bool good = answer_read(file, answer);
	(void)fclose(file);
	return good;
}

static void
refuse(struct server *server, const char *why)
{
	char shown[4 * ANSWER_WHY_SIZE + 1];

	(void)strvis(shown, why, VIS_CSTYLE | VIS_NL | VIS_TAB);
	fail(server, "%s: %s", program_path(), shown);
}

static void
judge(struct server *server, int status)
{
	struct answer answer;

	if (server->upgrade.overdue)
		fail(server, "%s: no answer within %d s", program_path(),
		    PATIENCE);
	else if (WIFSIGNALED(status))
		fail(server, "%s: killed by signal %d", program_path(),
		    WTERMSIG(status));
	else if (!take_answer(server->upgrade.answer, &answer))
		fail(server, "%s: exit status %d, and no answer",
		    program_path(), WEXITSTATUS(status));
	else if (answer.why[0] != '\0')
		refuse(server, answer.why);
	else if (status != 0)
		fail(server, "%s: exit status %d", program_path(),
		    WEXITSTATUS(status));
	else
		replace(server, &answer);
}

void
upgrade_reaped(struct server *server, pid_t pid, int status)
{
	if (pid == server->upgrade.tester)
		judge(server, status);
}

void
upgrade_check(struct server *server, int64_t now)
{
	pid_t tester = server->upgrade.tester;
	int status;

	(void)now;
	if (tester != 0 && waitpid(tester, &status, WNOHANG) == tester)
		upgrade_reaped(server, tester, status);
}

/* ---- the test ----------------------------------------------------------- */

static void
kill_tester(struct server *server, int64_t now)
{
	(void)now;
	server->upgrade.overdue = true;
	(void)kill(server->upgrade.tester, SIGKILL);
}

/* False with errno. */
static bool
start_test(struct server *server)
{
	struct upgrade *upgrade = &server->upgrade;
	struct handover handover = {.began = clock_now()};
	struct inheritance left;

	state_describe(server, &handover);
	if (!program_look(&upgrade->program))
		return false;
	upgrade->answer = memfd_create("echod-answer", MFD_CLOEXEC);
	left.answer = upgrade->answer;
	left.state = left.answer == -1 ? -1 : save(server, &handover);
	if (left.state == -1)
		return false;
	pid_t tester = program_test(&left);
	int error = errno;
	(void)close(left.state);
	errno = error;
	upgrade->tester = tester == -1 ? 0 : tester;
	return tester != -1;
}

void
upgrade_request(struct server *server, int64_t now)
{
	struct upgrade *upgrade = &server->upgrade;

	if (upgrade->tester != 0) {
		upgrade->again = true;
		return;
	}
	if (server->drain.stopping || server->command->inetd)
		return;
	if (program_path() == NULL) {
		event_upgrade_failed("the path of the program is not known");
		return;
	}
	(void)notify_send(&server->notify,
	    "RELOADING=1\nMONOTONIC_USEC=%" PRId64, now / USEC);
	event_upgrading(program_path());
	upgrade->overdue = upgrade->reloaded = false;
	if (start_test(server))
		timer_set(&upgrade->deadline, now + PATIENCE * SEC);
	else
		fail(server, "%s: %s", program_path(), strerror(errno));
}

void
upgrade_abandon(struct server *server)
{
	if (server->upgrade.tester == 0)
		return;
	(void)kill(server->upgrade.tester, SIGKILL);
	server->upgrade.again = false;
	fail(server, "stopping");
}

void
upgrade_init(struct server *server)
{
	server->upgrade = (struct upgrade){.answer = -1};
	timers_add(&server->timers, &server->upgrade.deadline, kill_tester);
}
