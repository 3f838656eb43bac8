/* SPDX-License-Identifier: ISC */

/* echod's command line, and its settings over those of the file. */

#include <syslog.h>

#include "../support/config_support.h"
#include "parent/settings/command_line.h"

enum {
	ARGS_MAX = 8
};

static const char *const nothing[ARGS_MAX] = {NULL};

static bool
parse(struct command_line *command, const char *const arguments[ARGS_MAX],
    struct config_error *error)
{
	char *argv[ARGS_MAX + 2] = {(char *)(uintptr_t) "echod"};
	int argc = 1;

	for (; arguments[argc - 1] != NULL; argc++)
		argv[argc] = (char *)(uintptr_t)arguments[argc - 1];
	return command_line_parse(command, argc, argv, error);
}

/* A file that is there as long as the test runs. */
static const char *
make_file(const char *text)
{
	static char path[64];
	static int fd = -1;

	if (fd != -1)
		(void)close(fd);
	fd = memfd_create("echod.conf", MFD_CLOEXEC);
	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return path;
}

/* Loads a file with this text under that command line. */
static bool
load(struct config *config, const char *text,
    const char *const arguments[ARGS_MAX], struct config_error *error)
{
	struct command_line command;

	bool good = parse(&command, arguments, error);
	if (good) {
		command.file = make_file(text);
		command.file_named = true;
		good = config_load(config, &command, error);
	}
	command_line_free(&command);
	return good;
}

static void
load_good(struct config *config, const char *text,
    const char *const arguments[ARGS_MAX])
{
	struct config_error error;

	if (!load(config, text, arguments, &error))
		fail_msg("%s", error.text);
}

static void
the_command_line_wins_over_the_file(void **state)
{
	static const char *const arguments[ARGS_MAX] = {
	    "--backlog=2", "--user", "two"};
	struct config config;

	(void)state;
	load_good(
	    &config, "backlog = 1\nuser = one\nmax-children = 1\n", arguments);
	assert_int_equal(config.backlog, 2);
	assert_string_equal(config.user, "two");
	assert_int_equal(config.max_children, 1);
	config_free(&config);
}

static void
a_list_of_a_later_layer_replaces_the_earlier(void **state)
{
	static const char *const arguments[ARGS_MAX] = {
	    "-l", "3", "--listen=4", "--deny=::1"};
	struct config config;

	(void)state;
	load_good(&config, "listen = 1\nlisten = 2\nallow = ::2\n", nothing);
	assert_int_equal(config.listen.count, 2);
	assert_int_equal(config.listen.items[0].port, 1);
	assert_int_equal(config.listen.items[1].port, 2);
	config_free(&config);
	load_good(&config, "listen = 1\nlisten = 2\nallow = ::2\n", arguments);
	assert_int_equal(config.listen.count, 2);
	assert_int_equal(config.listen.items[0].port, 3);
	assert_int_equal(config.listen.items[1].port, 4);
	assert_int_equal(config.allow.count, 1);
	assert_int_equal(config.deny.count, 1);
	config_free(&config);
}

static void
the_last_of_an_option_given_twice_wins(void **state)
{
	static const char *const arguments[ARGS_MAX] = {
	    "--backlog=1", "--backlog=2", "-v", "--log-level=error"};
	struct config config;

	(void)state;
	load_good(&config, "", arguments);
	assert_int_equal(config.backlog, 2);
	assert_int_equal(config.log_level, LOG_ERR);
	config_free(&config);
}

static const struct {
	const char *arguments[ARGS_MAX];
	const char *pidfile;
} pidfiles[] = {
    {{NULL}, PIDFILE},
    {{"-F"}, "none"},
    {{"--inetd"}, "none"},
    {{"--foreground", "--pidfile=/x"}, "/x"},
    {{"--pidfile=none"}, "none"},
    {{"--pidfile=/x", "--pidfile=auto"}, PIDFILE},
};

static void
auto_is_a_pidfile_when_daemonized_and_none_otherwise(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pidfiles); i++) {
		struct command_line command;
		struct config_error error;
		struct config config;

		assert_true(parse(&command, pidfiles[i].arguments, &error));
		command.file = "/dev/null";
		assert_true(config_load(&config, &command, &error));
		assert_string_equal(
		    config_pidfile(&config, &command), pidfiles[i].pidfile);
		config_free(&config);
		command_line_free(&command);
	}
}

static const struct {
	const char *arguments[ARGS_MAX];
	const char *error;
} misuses[] = {
    {{"--listen=70000"}, "--listen: the port must be 0 to 65535: \"70000\""},
    {{"--listen=[::1]"}, "--listen: the port is missing: \"[::1]\""},
    {{"--backlog=-1"}, "--backlog: not a whole number: \"-1\""},
    {{"--user="}, "--user: empty: \"\""},
    {{"--user=a\nb"}, "--user: has a control character: \"a\\nb\""},
    {{"--no-such-option"}, "--no-such-option: unknown option"},
    {{"--test=1"}, "--test=1: takes no argument"},
    {{"-x"}, "-x: unknown option"},
    {{"-l"}, "-l: needs an argument"},
    {{"--listen"}, "--listen: needs an argument"},
    {{"-F", "more"}, "unexpected argument: more"},
    {{"--", "-F"}, "unexpected argument: -F"},
};

static void
misuse_is_told_in_one_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(misuses); i++) {
		struct config config;
		struct config_error error;

		assert_false(load(&config, "", misuses[i].arguments, &error));
		assert_string_equal(error.text, misuses[i].error);
		assert_int_equal(error.status, EXIT_USAGE);
	}
}

static void
a_bad_file_is_not_the_command_lines_fault(void **state)
{
	struct config config;
	struct config_error error;

	(void)state;
	assert_false(load(&config, "backlog = x\n", nothing, &error));
	assert_int_equal(error.status, EXIT_CONFIG);
	assert_text_contains(error.text, ":1: backlog: not a whole number");
}

static const struct {
	const char *arguments[ARGS_MAX];
	enum config_action action;
	bool foreground;
	bool inetd;
} commands[] = {
    {{NULL}, ACTION_SERVE, false, false},
    {{"-F"}, ACTION_SERVE, true, false},
    {{"--foreground"}, ACTION_SERVE, true, false},
    {{"-i"}, ACTION_SERVE, false, true},
    {{"-Fi"}, ACTION_SERVE, true, true},
    {{"-t"}, ACTION_TEST, false, false},
    {{"--test"}, ACTION_TEST, false, false},
    {{"-T"}, ACTION_PRINT, false, false},
    {{"--print-config"}, ACTION_PRINT, false, false},
    {{"-h"}, ACTION_HELP, false, false},
    {{"--help"}, ACTION_HELP, false, false},
    {{"-V"}, ACTION_VERSION, false, false},
    {{"--version"}, ACTION_VERSION, false, false},
};

static void
options_that_are_no_settings_are_noted(void **state)
{
	struct config_error error;
	struct command_line command;

	(void)state;
	for (size_t i = 0; i < COUNT(commands); i++) {
		assert_true(parse(&command, commands[i].arguments, &error));
		assert_int_equal(command.action, commands[i].action);
		assert_int_equal(command.foreground, commands[i].foreground);
		assert_int_equal(command.inetd, commands[i].inetd);
		assert_string_equal(command.file, CONFIG_FILE);
		assert_false(command.file_named);
		command_line_free(&command);
	}
}

static void
a_file_is_found_again_from_another_directory(void **state)
{
	static const char *const relative[ARGS_MAX] = {"-f", "a.conf"};
	static const char *const absolute[ARGS_MAX] = {
	    "-f", "a.conf", "--config=/b.conf"};
	struct config_error error;
	struct command_line command;
	char directory[4096], expected[5000];

	(void)state;
	assert_non_null(getcwd(directory, sizeof directory));
	(void)snprintf(expected, sizeof expected, "%s/a.conf", directory);
	assert_true(parse(&command, relative, &error));
	assert_string_equal(command.file, expected);
	assert_true(command.file_named);
	command_line_free(&command);
	assert_true(parse(&command, absolute, &error));
	assert_string_equal(command.file, "/b.conf");
	command_line_free(&command);
}

static void
a_missing_file_is_an_error_only_if_it_was_named(void **state)
{
	struct command_line command = {.file = "/no/such/file"};
	struct config_error error;
	struct config config;

	(void)state;
	assert_true(config_load(&config, &command, &error));
	config_free(&config);
	command.file_named = true;
	assert_false(config_load(&config, &command, &error));
	assert_string_equal(
	    error.text, "/no/such/file: No such file or directory");
}

static void
a_default_file_that_cannot_be_read_is_an_error(void **state)
{
	struct command_line command = {.file = "/dev/null/echod.conf"};
	struct config_error error;
	struct config config;

	(void)state;
	assert_false(config_load(&config, &command, &error));
	assert_string_equal(
	    error.text, "/dev/null/echod.conf: Not a directory");
}

static void
every_key_and_option_is_in_the_help(void **state)
{
	static const char *const options[] = {"-f, --config=FILE",
	    "-F, --foreground", "-l, --listen=ADDR", "-t, --test",
	    "-T, --print-config", "-i, --inetd", "-v, --verbose", "-h, --help",
	    "-V, --version", "    --backlog=N", "    --proxy-from=PREFIX"};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	command_line_usage(out);
	assert_int_equal(fclose(out), 0);
	for (size_t i = 0; i < COUNT(options); i++)
		assert_text_contains(text, options[i]);
	for (size_t i = 0; config_rows[i].name != NULL; i++) {
		char option[64];

		(void)snprintf(
		    option, sizeof option, "--%s=", config_rows[i].name);
		assert_text_contains(text, option);
	}
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_command_line_wins_over_the_file),
	    cmocka_unit_test(a_list_of_a_later_layer_replaces_the_earlier),
	    cmocka_unit_test(the_last_of_an_option_given_twice_wins),
	    cmocka_unit_test(
		auto_is_a_pidfile_when_daemonized_and_none_otherwise),
	    cmocka_unit_test(misuse_is_told_in_one_line),
	    cmocka_unit_test(a_bad_file_is_not_the_command_lines_fault),
	    cmocka_unit_test(options_that_are_no_settings_are_noted),
	    cmocka_unit_test(a_file_is_found_again_from_another_directory),
	    cmocka_unit_test(a_missing_file_is_an_error_only_if_it_was_named),
	    cmocka_unit_test(a_default_file_that_cannot_be_read_is_an_error),
	    cmocka_unit_test(every_key_and_option_is_in_the_help),
	};

	return cmocka_run_group_tests_name("command line", tests, NULL, NULL);
}
