/* SPDX-License-Identifier: ISC */

/*
 * echod: the TCP echo service of RFC 862, one confined process per client.
 *
 * This file starts the daemon, step by step.  The loop of the running parent is
 * in parent/server.c, and that of a session in child/session.c.
 */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/proctitle.h"
#include "common/signals.h"
#include "parent/acceptor.h"
#include "parent/exporter.h"
#include "parent/log/events.h"
#include "parent/log/log.h"
#include "parent/process/daemon.h"
#include "parent/process/landlock.h"
#include "parent/process/pidfile.h"
#include "parent/process/privileges.h"
#include "parent/process/sandbox_probe.h"
#include "parent/process/syscall_filter.h"
#include "parent/reload.h"
#include "parent/server.h"
#include "parent/settings/command_line.h"
#include "parent/sockets/activation.h"
#include "parent/sockets/inetd.h"
#include "parent/sockets/socket_options.h"
#include "parent/sockets/systemd.h"
#include "parent/upgrade/program.h"
#include "parent/upgrade/takeover.h"

static int lifeline = -1;     /* to the launcher, during the start */
static struct server *server; /* on the heap, which sessions do not inherit */

/*
 * Reads the command line and the file.  If either is wrong, prints one line
 * that says why, and exits.
 */
static void
configure(
    struct command_line *command, struct config *config, int argc, char **argv)
{
	struct config_error error;

	if (command_line_parse(command, argc, argv, &error) &&
	    (command->action == ACTION_HELP ||
		command->action == ACTION_VERSION ||
		config_load(config, command, &error)))
		return;
	log_errx("%s", error.text);
	exit(error.status);
}

/* Carries out --test, --print-config, --help or --version, and exits. */
static void
answer(const struct command_line *command, const struct config *config)
{
	if (command->action == ACTION_SERVE)
		return;
	if (inetd_is_client(STDOUT_FILENO)) {
		log_errx("standard output is a client's");
		exit(EXIT_USAGE);
	}
	switch ((enum config_action)command->action) {
	case ACTION_SERVE:
	case ACTION_TEST:
		privileges_check(config->user);
		break;
	case ACTION_PRINT:
		config_print(config, stdout);
		break;
	case ACTION_HELP:
		command_line_usage(stdout);
		break;
	case ACTION_VERSION:
		(void)puts("echod " VERSION);
		break;
	}
	exit(fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void
start_log(const struct command_line *command, const struct config *config)
{
	bool attached = command->foreground || command->inetd;
	enum log_target target = (enum log_target)config->log_target;

	if (target == LOG_TARGET_AUTO)
		target = log_choose(attached);
	if (target == LOG_TARGET_STDERR && inetd_is_client(STDERR_FILENO))
		target = LOG_TARGET_SYSLOG;
	apply_log_settings(config);
	log_open(target, (enum log_format)config->log_format);
}

static void
listen_for_clients(struct listeners *listeners, const struct config *config,
    int passed, bool stored)
{
	if (passed > 0 && stored)
		activation_reuse(listeners, config, passed);
	else if (passed > 0)
		activation_adopt(listeners, passed);
	else
		listeners_open(listeners, config);
	if (!listeners_configure(listeners, config))
		exit(EXIT_FAILURE);
	for (size_t i = 0; i < listeners->count; i++)
		event_listening(&listeners->items[i].addr);
}

/* Returns Landlock's version, 0 = none. */
static int
confine_parent(const struct config *config)
{
	char directory[PATH_MAX];
	int landlock = landlock_enter(program_path(),
	    exporter_directory(config, directory), server->children.count == 0);

	if (!syscall_filter_enter() && errno != ENOSYS)
		log_fatal("cannot confine the parent");
	return landlock;
}

/* Confines the parent, then probes whether sessions can be confined. */
static enum sandbox
confine(const struct config *config)
{
	enum sandbox sandbox = SANDBOX_OFF;
	int landlock = 0;

	if (config->sandbox) {
		landlock = confine_parent(config);
		sandbox = sandbox_probe();
	}
	event_sandbox(sandbox, landlock);
	return sandbox;
}

/*
 * Reports a fatal error to the launcher, which waits for the start, and to the
 * service manager.
 */
static void
tell_starter(const char *message, int error, int status)
{
	if (lifeline != -1)
		daemon_failed(lifeline, status);
	(void)notify_send(
	    &server->notify, "STATUS=%s\nERRNO=%d", message, error);
}

/* Runs the daemon, or with --foreground the same without detaching. */
static void
serve(int passed, bool stored)
{
	const struct config *config = &server->config;
	const char *pidfile = config_pidfile(config, server->command);

	if (!server->command->foreground) {
		config_inherit(config, true);
		lifeline = daemon_detach();
		config_inherit(config, false);
	}
	if (strcmp(pidfile, "none") != 0)
		pidfile_acquire(pidfile);
	listen_for_clients(&server->listeners, config, passed, stored);
	privileges_drop(config->user);
	server_init(server);
	server->sandbox = confine(config);
	pidfile_publish();
	if (lifeline != -1)
		daemon_ready(lifeline);
	lifeline = -1;
	activation_store(&server->listeners, &server->notify);
	(void)notify_send(&server->notify, "READY=1");
	log_ready();
	event_ready();
	server_run(server);
	event_stopped();
}

static void
serve_inetd(void)
{
	struct addr peer, local;
	char name[ADDR_STRLEN];
	int fd = inetd_take_client(&peer);

	if (fd == -1)
		exit(EXIT_SUCCESS);
	privileges_drop(server->config.user);
	server_init(server);
	server->sandbox = confine(&server->config);
	if (!socket_options_set(fd, &server->config))
		log_fatalx("standard input is not a TCP socket");
	if (!listener_local_address(fd, &local))
		log_fatal("standard input has no address");
	acceptor_admit(server, fd, &peer,
	    endpoints_get(&server->endpoints, addr_format(&local, name)));
	server_run(server);
}

/* Finishes an upgrade: runs in the new program instead of start(). */
static void
take_over(struct command_line *command, int argc, char **argv,
    const struct inheritance *inheritance)
{
	takeover_begin(server, command, argc, argv, inheritance);
	start_log(command, &server->config);
	if (!signals_init())
		log_fatal("cannot receive signals");
	privileges_drop(server->config.user);
	if (server->config.sandbox && server->sandbox == SANDBOX_OFF)
		(void)confine_parent(&server->config);
	takeover_end(server);
	log_on_fatal(tell_starter);
	activation_store(&server->listeners, &server->notify);
	(void)notify_send(&server->notify, "READY=1");
	log_ready();
	server_run(server);
	event_stopped();
}

static void
start(struct command_line *command, int argc, char **argv)
{
	bool stored;

	configure(command, &server->config, argc, argv);
	answer(command, &server->config);
	int passed = systemd_passed_sockets(&stored);
	daemon_close_inherited(passed);
	server->command = command;
	start_log(command, &server->config);
	privileges_check(server->config.user);
	notify_open(&server->notify);
	log_on_fatal(tell_starter);
	if (!signals_init())
		log_fatal("cannot receive signals");
	if (command->inetd)
		serve_inetd();
	else
		serve(passed, stored);
}

int
main(int argc, char **argv)
{
	static struct command_line command;
	struct inheritance inheritance;

	signals_hold_requests();
	daemon_claim_standard_descriptors();
	program_remember(argc, argv);
	log_start(inetd_is_client(STDERR_FILENO));
	proctitle_init(argc, argv);
	server = calloc(1, sizeof *server);
	if (server == NULL)
		log_fatalx("out of memory");
	if (program_is_test(&argc, argv, &inheritance))
		takeover_test(server, &command, argc, argv, &inheritance);
	if (program_is_heir(&inheritance))
		take_over(&command, argc, argv, &inheritance);
	else
		start(&command, argc, argv);
	return EXIT_SUCCESS;
}
