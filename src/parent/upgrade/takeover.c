/* SPDX-License-Identifier: ISC */

/* Runs in the parent, and in the test of a new program. */

#include "parent/upgrade/takeover.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/string.h>

#include "common/clock.h"
#include "parent/log/events.h"
#include "parent/log/log.h"
#include "parent/process/pidfile.h"
#include "parent/process/sandbox_probe.h"
#include "parent/settings/config_file.h"
#include "parent/upgrade/answer.h"
#include "parent/upgrade/program.h"
#include "parent/upgrade/restore.h"
#include "parent/upgrade/state.h"

enum {
	TRIES_MAX = 10,
	TRY_DELAY = 20 /* ms */
};

static struct {
	struct inheritance left;
	struct handover handover;
} input;

/* Opens a stream on a copy of the descriptor, which itself stays open. */
static FILE *
open_again(int fd, const char *mode)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	FILE *file = NULL;

	if (copy != -1 && lseek(copy, 0, SEEK_SET) != -1)
		file = fdopen(copy, mode);
	if (file == NULL)
		log_fatal("cannot open what was handed over");
	return file;
}

static void
read_arguments(
    struct server *server, struct command_line *command, int argc, char **argv)
{
	struct config_error error;

	if (!command_line_parse(command, argc, argv, &error))
		log_fatalx("%s", error.text);
	server->command = command;
}

/* Needs the settings, which must be read first. */
static void
read_state(struct server *server, struct command_line *command)
{
	struct config_error error;
	FILE *file = open_again(input.left.state, "r");

	server_init(server);
	if (!restore_state(file, server, &input.handover, &error))
		log_fatalx("%s", error.text);
	(void)fclose(file);
	/*
	 * The path of the configuration file, as the first program has made it
	 * absolute.
	 */
	free(command->path);
	command->path = strdup(input.handover.file);
	if (command->path == NULL)
		log_fatal("cannot keep a path");
	command->file = command->path;
}

/* ---- the test ----------------------------------------------------------- */

static _Noreturn void
reply(const struct answer *answer, const struct config *config)
{
	FILE *file = open_again(input.left.answer, "w");

	answer_write(file, answer);
	if (config != NULL)
		config_print(config, file);
	bool good = !ferror(file);
	_exit(fclose(file) == 0 && good ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void
refuse(const char *message, int error, int status)
{
	struct answer answer = {0};

	(void)error;
	(void)status;
	log_on_fatal(NULL);
	(void)strlcpy(answer.why, message, sizeof answer.why);
	reply(&answer, NULL);
}

void
takeover_test(struct server *server, struct command_line *command, int argc,
    char **argv, const struct inheritance *left)
{
	struct answer answer = {.version = VERSION};
	struct config_error error;

	input.left = *left;
	log_configure(-1, LOG_DAEMON); /* errors go into the answer */
	log_on_fatal(refuse);
	read_arguments(server, command, argc, argv);
	if (!config_defaults(&server->config, &error))
		log_fatalx("%s", error.text);
	read_state(server, command);
	config_free(&server->config);
	if (!config_load(&server->config, command, &error))
		log_fatalx("%s", error.text);
	answer.sandbox = server->config.sandbox ? sandbox_probe() : SANDBOX_OFF;
	reply(&answer, &server->config);
}

/* ---- for good ----------------------------------------------------------- */

static void
begin_anew(const char *message, int error, int status)
{
	(void)message;
	(void)error;
	(void)status;
	if (input.left.tries++ == TRIES_MAX)
		return;
	(void)poll(NULL, 0, TRY_DELAY);
	program_execute(&input.left);
}

/* Uses the settings that were tested; the file may have changed since. */
static void
take_settings(struct config *config)
{
	struct config_error error;

	if (lseek(input.left.answer, 0, SEEK_SET) == -1 ||
	    !config_defaults(config, &error) ||
	    !config_file_take(config, input.left.answer, "settings", &error) ||
	    !config_complete(config))
		log_fatalx("cannot take over the settings");
}

void
takeover_begin(struct server *server, struct command_line *command, int argc,
    char **argv, const struct inheritance *left)
{
	input.left = *left;
	log_on_fatal(begin_anew);
	read_arguments(server, command, argc, argv);
	take_settings(&server->config);
	read_state(server, command);
}

void
takeover_end(struct server *server)
{
	const struct handover *handover = &input.handover;
	struct listeners *listeners = &server->listeners;
	int64_t now = clock_now();
	size_t count = listeners->count;

	pidfile_restore(handover->pidfile, handover->keeper);
	log_on_fatal(NULL);
	(void)state_keep(server, handover, false);
	(void)close(input.left.state);
	(void)close(input.left.answer);
	log_resume(handover->dropped, handover->unreported);
	server->sandbox = (enum sandbox)handover->sandbox;
	if (server->sandbox == SANDBOX_ON)
		sandbox_share();
	if (listeners_change(listeners, &server->config))
		retire_listeners(server, now);
	server_name_endpoints(server);
	(void)listeners_configure(listeners, &server->config);
	for (size_t i = count; i < listeners->count; i++)
		event_listening(&listeners->items[i].addr);
	server->metrics.upgrades++;
	reaper_resume(server, now);
	kills_resume(&server->kills);
	limits_resume(&server->limits, now);
	event_upgraded(handover->version, server->children.count,
	    clock_now() - handover->began);
}
