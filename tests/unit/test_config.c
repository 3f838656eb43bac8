/* SPDX-License-Identifier: ISC */

#include <sys/stat.h>

#include <errno.h>
#include <stdlib.h>
#include <syslog.h>

#include "../support/unit.h"
#include "common/clock.h"
#include "parent/log/log.h"
#include "parent/settings/config.h"

enum {
	MEGABYTE = 1 << 20
};

/* ---- reading a file's text ----------------------------------------------- */

/* Over the defaults.  On false there is nothing to free. */
static bool
read_bytes(struct config *config, const char *text, size_t size,
    struct config_error *error)
{
	FILE *file = fmemopen((void *)(uintptr_t)text, size, "r");

	assert_non_null(file);
	assert_true(config_defaults(config, error));
	bool good = config_read(config, file, "FILE", error);
	(void)fclose(file);
	if (!good)
		config_free(config);
	return good;
}

static bool
read_text(struct config *config, const char *text, struct config_error *error)
{
	return read_bytes(config, text, strlen(text), error);
}

static void
read_good(struct config *config, const char *text)
{
	struct config_error error;

	if (!read_text(config, text, &error))
		fail_msg("%s", error.text);
}

/* As --print-config writes it; the caller frees it. */
static char *
print(const struct config *config)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	config_print(config, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void
refuse(const char *text, const char *message)
{
	struct config config;
	struct config_error error;

	if (read_text(&config, text, &error))
		fail_msg("accepted %s", text);
	assert_string_equal(error.text, message);
}

/* ---- every key ----------------------------------------------------------- */

static const char defaults[] = "listen = *:7\n"
			       "user = nobody\n"
			       "pidfile = auto\n"
			       "backlog = 4096\n"
			       "max-children = 512\n"
			       "max-per-source = 64\n"
			       "rate-per-source = 100/s burst 200\n"
			       "source-prefix-v4 = 32\n"
			       "source-prefix-v6 = 64\n"
			       "# allow =\n"
			       "# deny =\n"
			       "idle-timeout = 5m\n"
			       "write-timeout = 30s\n"
			       "max-lifetime = 0\n"
			       "drain-timeout = 10s\n"
			       "sandbox = on\n"
			       "log-level = info\n"
			       "log-facility = daemon\n"
			       "log-target = auto\n"
			       "log-format = text\n"
			       "log-clients = full\n"
			       "proxy-protocol = off\n"
			       "# proxy-from =\n";

static void
the_defaults_are_as_documented(void **state)
{
	struct config config;

	(void)state;
	read_good(&config, "");
	char *text = print(&config);
	assert_string_equal(text, defaults);
	free(text);
	config_free(&config);
}

/* The line as it is written, and as it is printed. */
static const struct {
	const char *line;
	const char *printed;
} good_lines[] = {
    {"listen = 7007", "listen = *:7007\n"},
    {"listen = 0", "listen = *:0\n"},
    {"listen = *:65535", "listen = *:65535\n"},
    {"listen = [::1]:7", "listen = [::1]:7\n"},
    {"listen = [::ffff:127.0.0.1]:7", "listen = 127.0.0.1:7\n"},
    {"user = echo", "user = echo\n"},
    {"user = 65534", "user = 65534\n"},
    {"user = a b", "user = a b\n"},
    {"pidfile = /run/echod.pid", "pidfile = /run/echod.pid\n"},
    {"pidfile = none", "pidfile = none\n"},
    {"pidfile = auto", "pidfile = auto\n"},
    {"pidfile = /a\\#b\\\\c", "pidfile = /a\\#b\\\\c\n"},
    {"backlog = 1", "backlog = 1\n"},
    {"backlog = 2147483647", "backlog = 2147483647\n"},
    {"backlog = 0000128", "backlog = 128\n"},
    {"max-children = 1", "max-children = 1\n"},
    {"max-children = 262144", "max-children = 262144\n"},
    {"max-per-source = 0", "max-per-source = 0\n"},
    {"max-per-source = 262144", "max-per-source = 262144\n"},
    {"rate-per-source = 0", "rate-per-source = 0\n"},
    {"rate-per-source = 1/s burst 1", "rate-per-source = 1/s burst 1\n"},
    {"rate-per-source = 1000000/s burst 1000000",
	"rate-per-source = 1000000/s burst 1000000\n"},
    {"source-prefix-v4 = 0", "source-prefix-v4 = 0\n"},
    {"source-prefix-v4 = 24", "source-prefix-v4 = 24\n"},
    {"source-prefix-v6 = 0", "source-prefix-v6 = 0\n"},
    {"source-prefix-v6 = 128", "source-prefix-v6 = 128\n"},
    {"allow = 192.0.2.0/24", "allow = 192.0.2.0/24\n"},
    {"allow = ::ffff:192.0.2.0/120", "allow = 192.0.2.0/24\n"},
    {"deny = ::/0", "deny = ::/0\n"},
    {"deny = 192.0.2.1", "deny = 192.0.2.1\n"},
    {"idle-timeout = 0", "idle-timeout = 0\n"},
    {"idle-timeout = 500ms", "idle-timeout = 500ms\n"},
    {"idle-timeout = 8760h", "idle-timeout = 8760h\n"},
    {"write-timeout = 60s", "write-timeout = 1m\n"},
    {"write-timeout = 24h", "write-timeout = 24h\n"},
    {"max-lifetime = 8760h", "max-lifetime = 8760h\n"},
    {"drain-timeout = 0", "drain-timeout = 0\n"},
    {"drain-timeout = 24h", "drain-timeout = 24h\n"},
    {"sandbox = off", "sandbox = off\n"},
    {"log-level = error", "log-level = error\n"},
    {"log-level = warning", "log-level = warning\n"},
    {"log-level = notice", "log-level = notice\n"},
    {"log-level = debug", "log-level = debug\n"},
    {"log-facility = user", "log-facility = user\n"},
    {"log-facility = auth", "log-facility = auth\n"},
    {"log-facility = local0", "log-facility = local0\n"},
    {"log-facility = local7", "log-facility = local7\n"},
    {"log-target = stderr", "log-target = stderr\n"},
    {"log-target = syslog", "log-target = syslog\n"},
    {"log-target = journal", "log-target = journal\n"},
    {"log-format = json", "log-format = json\n"},
    {"log-clients = prefix", "log-clients = prefix\n"},
    {"log-clients = none", "log-clients = none\n"},
    {"proxy-protocol = required", "proxy-protocol = required\n"},
    {"proxy-from = 10.0.0.0/8", "proxy-from = 10.0.0.0/8\n"},
};

static void
good_values_are_taken_and_nothing_else_changes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good_lines); i++) {
		struct config config, plain;

		read_good(&config, good_lines[i].line);
		read_good(&plain, "");
		char *text = print(&config), *before = print(&plain);
		assert_text_contains(text, good_lines[i].printed);
		/* all lines but the key's own are the defaults' */
		size_t same = 0;
		while (text[same] == before[same] && text[same] != '\0')
			same++;
		const char *rest = strchr(text + same, '\n');
		assert_true(rest == NULL || strstr(before, rest) != NULL);
		free(text);
		free(before);
		config_free(&config);
		config_free(&plain);
	}
}

static const struct {
	const char *key;
	const char *value;
	const char *error; /* a part of it */
} bad_values[] = {
    {"listen", "", "needs a port"},
    {"listen", "70000", "not in 0..65535"},
    {"listen", "localhost:7", "not an IP address"},
    {"user", "", "empty"},
    {"user", "a\tb", "control character"},
    {"user", "a\x1b[31m", "control character"},
    {"pidfile", "", "not an absolute path"},
    {"pidfile", "echod.pid", "not an absolute path"},
    {"pidfile", "./none", "not an absolute path"},
    {"pidfile", "/a\x7f", "control character"},
    {"backlog", "0", "too small"},
    {"backlog", "2147483648", "too large"},
    {"backlog", "-1", "not a whole number"},
    {"backlog", "+1", "not a whole number"},
    {"backlog", "1.5", "not a whole number"},
    {"backlog", "1e3", "not a whole number"},
    {"backlog", "0x10", "not a whole number"},
    {"backlog", "", "not a whole number"},
    {"backlog", "99999999999999999999", "too large"},
    {"max-children", "0", "too small"},
    {"max-children", "262145", "too large"},
    {"max-children", "512 children", "not a whole number"},
    {"max-per-source", "262145", "too large"},
    {"max-per-source", "none", "not a whole number"},
    {"rate-per-source", "", "not a rate"},
    {"rate-per-source", "100", "not a rate"},
    {"rate-per-source", "100/s", "not a rate"},
    {"rate-per-source", "100/s burst", "not a rate"},
    {"rate-per-source", "100/s burst ", "not a rate"},
    {"rate-per-source", "100/m burst 200", "not a rate"},
    {"rate-per-source", "100/s burst 200x", "not a rate"},
    {"rate-per-source", "100/s  burst 200", "not a rate"},
    {"rate-per-source", "-1/s burst 1", "not a rate"},
    {"rate-per-source", "00", "too small"},
    {"rate-per-source", "0/s burst 1", "too small"},
    {"rate-per-source", "1/s burst 0", "too small"},
    {"rate-per-source", "1000001/s burst 1", "too large"},
    {"rate-per-source", "1/s burst 1000001", "too large"},
    {"rate-per-source", "99999999/s burst 1", "not a rate"},
    {"source-prefix-v4", "33", "too large"},
    {"source-prefix-v6", "129", "too large"},
    {"source-prefix-v6", "/64", "not a whole number"},
    {"allow", "", "not an IP address"},
    {"allow", "192.0.2.1/24", "bits set past"},
    {"deny", "192.0.2.0/33", "not a prefix length"},
    {"deny", "example.com", "not an IP address"},
    {"idle-timeout", "5", "needs a unit"},
    {"idle-timeout", "8761h", "too large"},
    {"idle-timeout", "-5s", "not a duration"},
    {"write-timeout", "25h", "too large"},
    {"max-lifetime", "8761h", "too large"},
    {"drain-timeout", "24h1s", "needs a unit"},
    {"drain-timeout", "86401s", "too large"},
    {"sandbox", "yes", "not one of"},
    {"sandbox", "ON", "not one of"},
    {"sandbox", "", "not one of"},
    {"log-level", "7", "not one of"},
    {"log-level", "infox", "not one of"},
    {"log-facility", "local8", "not one of"},
    {"log-facility", "mail", "not one of"},
    {"log-target", "file", "not one of"},
    {"log-format", "xml", "not one of"},
    {"log-clients", "some", "not one of"},
    {"proxy-protocol", "on", "not one of"},
    {"proxy-from", "fe80::%lo/64", "no interface"},
};

static void
bad_values_are_refused_by_file_line_and_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad_values); i++) {
		struct config config;
		struct config_error error;
		char text[200], start[100];

		(void)snprintf(text, sizeof text, "# first\n%s = %s\n",
		    bad_values[i].key, bad_values[i].value);
		(void)snprintf(
		    start, sizeof start, "FILE:2: %s: ", bad_values[i].key);
		if (read_text(&config, text, &error))
			fail_msg("accepted %s = %s", bad_values[i].key,
			    bad_values[i].value);
		assert_text_contains(error.text, start);
		assert_text_contains(error.text, bad_values[i].error);
		assert_null(strpbrk(error.text, "\n\t\x1b\x7f"));
	}
}

/* A key added to the table without cases here would go untested. */
static void
every_key_has_good_and_bad_cases(void **state)
{
	char *names = strdup(defaults), *rest = names, *line;

	(void)state;
	assert_non_null(names);
	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
		const char *key = strtok(line, "# =");
		size_t length = strlen(key), goods = 0, bads = 0;

		for (size_t i = 0; i < COUNT(good_lines); i++)
			goods +=
			    strncmp(good_lines[i].line, key, length) == 0 &&
			    good_lines[i].line[length] == ' ';
		for (size_t i = 0; i < COUNT(bad_values); i++)
			bads += strcmp(bad_values[i].key, key) == 0;
		if (goods == 0 || bads == 0)
			fail_msg("no cases of %s", key);
	}
	free(names);
}

/* ---- the file's syntax --------------------------------------------------- */

static void
comments_blanks_and_line_ends_are_as_documented(void **state)
{
	static const char *const texts[] = {
	    "backlog=5",
	    "backlog = 5\n",
	    "\n\n  \n# comment\nbacklog = 5\n",
	    " \t backlog \t = \t 5 \t \n",
	    "backlog = 5 # comment\n",
	    "backlog = 5# comment\n",
	    "backlog = 5\r\n",
	    "\v\fbacklog = 5\v\f\n",
	    "   # comment\nbacklog = 5\n#",
	    "backlog \\\n = \\\n 5\n",
	    "backlog = \\\n5\n",
	    "back\\\nlog = 5\n",
	    "# comment \\\nbacklog = 5\n",
	};
	struct config config;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		read_good(&config, texts[i]);
		assert_int_equal(config.backlog, 5);
		config_free(&config);
	}
}

static const struct {
	const char *written;
	const char *value;
} escapes[] = {
    {"/a\\#b", "/a#b"},
    {"/a\\\\b", "/a\\b"},
    {"/a\\\\", "/a\\"},
    {"/a\\b", "/ab"},
    {"/a\\ b", "/a b"},
    {"/a\\\nb", "/ab"},
    {"/a\\\n  b", "/a  b"},
    {"/a=b", "/a=b"},
    {"/a\xc3\xa4", "/a\xc3\xa4"},
};

static void
escapes_stand_for_the_character_behind(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(escapes); i++) {
		struct config config, again;
		char text[100];

		(void)snprintf(
		    text, sizeof text, "pidfile = %s\n", escapes[i].written);
		read_good(&config, text);
		assert_string_equal(config.pidfile, escapes[i].value);
		char *printed = print(&config);
		read_good(&again, printed);
		assert_string_equal(again.pidfile, escapes[i].value);
		free(printed);
		config_free(&config);
		config_free(&again);
	}
}

static void
lines_that_are_no_settings_are_refused(void **state)
{
	(void)state;
	refuse("backlog 5\n", "FILE:1: no \"=\" in \"backlog 5\"");
	refuse("= 5\n", "FILE:1: unknown key \"\"");
	refuse("=\n", "FILE:1: unknown key \"\"");
	refuse("backlo = 5\n", "FILE:1: unknown key \"backlo\"");
	refuse("BACKLOG = 5\n", "FILE:1: unknown key \"BACKLOG\"");
	refuse("back log = 5\n", "FILE:1: unknown key \"back log\"");
	refuse("\n\n[section]\n", "FILE:3: no \"=\" in \"[section]\"");
	refuse("\x1b[31m = 5\n", "FILE:1: unknown key \"\\^[[31m\"");
	refuse("\xef\xbb\xbfuser = x\n",
	    "FILE:1: unknown key \"\\M-o\\M-;\\M-?user\"");
}

static void
the_line_is_counted_over_continuations(void **state)
{
	(void)state;
	refuse("user = a\\\nb\n# x\n\nbad\n", "FILE:5: no \"=\" in \"bad\"");
}

static void
a_key_is_given_once_and_a_list_again_and_again(void **state)
{
	struct config config;

	(void)state;
	refuse("backlog = 1\nuser = x\nbacklog = 1\n",
	    "FILE:3: backlog: given twice");
	read_good(&config,
	    "listen = 1\nlisten = 2\nallow = ::1\nlisten = 1\nallow = ::2\n");
	assert_int_equal(config.listen.count, 3);
	assert_int_equal(config.listen.items[0].port, 1);
	assert_int_equal(config.listen.items[1].port, 2);
	assert_int_equal(config.listen.items[2].port, 1);
	assert_int_equal(config.allow.count, 2);
	config_free(&config);
}

static void
a_nul_byte_is_refused_wherever_it_stands(void **state)
{
	static const char text[] = "user = x\nbacklog = 5\n";
	char copy[sizeof text + 1];

	(void)state;
	for (size_t i = 0; i < sizeof text - 1; i++) {
		struct config config;
		struct config_error error;

		memcpy(copy, text, i);
		copy[i] = '\0';
		memcpy(copy + i + 1, text + i, sizeof text - 1 - i);
		assert_false(read_bytes(&config, copy, sizeof text, &error));
		assert_text_contains(error.text, "NUL byte");
		assert_text_contains(error.text,
		    i < sizeof "user = x\n" - 1 ? "FILE:1: " : "FILE:2: ");
	}
}

static void
a_line_of_a_megabyte_is_refused_in_one_short_line(void **state)
{
	static const char *const starts[] = {"",
	    "listen = ", "backlog = ", "idle-timeout = ", "rate-per-source = ",
	    "allow = ", "log-level = ", "pidfile = ", "\\"};
	static const char fill[] = {'9', 'x', '\x01', '\xff', '='};
	char *text = malloc(MEGABYTE + 1);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < COUNT(starts); i++)
		for (size_t j = 0; j < sizeof fill; j++) {
			struct config config;
			struct config_error error;

			memset(text, fill[j], MEGABYTE);
			memcpy(text, starts[i], strlen(starts[i]));
			text[MEGABYTE] = '\0';
			assert_false(read_text(&config, text, &error));
			assert_text_contains(error.text, "FILE:1: ");
			assert_true(strlen(error.text) < 400);
			assert_null(strpbrk(error.text, "\n\x01\xff"));
		}
	free(text);
}

static void
a_comment_of_a_megabyte_is_none_of_our_business(void **state)
{
	struct config config;
	char *text = malloc(MEGABYTE + 1);

	(void)state;
	assert_non_null(text);
	memset(text, '#', MEGABYTE);
	(void)strcpy(text + MEGABYTE - 13, "\nbacklog = 5");
	read_good(&config, text);
	assert_int_equal(config.backlog, 5);
	config_free(&config);
	free(text);
}

static void
a_directory_is_no_file(void **state)
{
	struct config config;
	struct config_error error;
	FILE *file = fopen("/", "re");

	(void)state;
	assert_non_null(file);
	assert_true(config_defaults(&config, &error));
	assert_false(config_read(&config, file, "/", &error));
	assert_string_equal(error.text, "/: Is a directory");
	config_free(&config);
	(void)fclose(file);
}

/* ---- the command line ---------------------------------------------------- */

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
    const char *const arguments[ARGS_MAX], struct config_error *error,
    bool *usage)
{
	struct command_line command;

	*usage = true;
	bool good = parse(&command, arguments, error);
	if (good) {
		command.file = make_file(text);
		command.file_named = true;
		good = config_load(config, &command, error, usage);
	}
	command_line_free(&command);
	return good;
}

static void
load_good(struct config *config, const char *text,
    const char *const arguments[ARGS_MAX])
{
	struct config_error error;
	bool usage;

	if (!load(config, text, arguments, &error, &usage))
		fail_msg("%s", error.text);
	assert_false(usage);
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
		bool usage;

		assert_true(parse(&command, pidfiles[i].arguments, &error));
		command.file = "/dev/null";
		assert_true(config_load(&config, &command, &error, &usage));
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
    {{"--listen=70000"}, "--listen: the port is not in 0..65535: \"70000\""},
    {{"-l", "x"},
	"--listen: needs a port number: 7, *:7, 127.0.0.1:7, [::1]:7: \"x\""},
    {{"--backlog=-1"}, "--backlog: not a whole number: \"-1\""},
    {{"--user="}, "--user: empty: \"\""},
    {{"--user=a\nb"}, "--user: has a control character: \"a\\nb\""},
    {{"--no-such-option"}, "unknown option: --no-such-option"},
    {{"--test=1"}, "unknown option: --test=1"},
    {{"-x"}, "unknown option: -x"},
    {{"-l"}, "option needs a value: -l"},
    {{"--listen"}, "option needs a value: --listen"},
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
		bool usage;

		assert_false(
		    load(&config, "", misuses[i].arguments, &error, &usage));
		assert_string_equal(error.text, misuses[i].error);
		assert_true(usage);
	}
}

static void
a_bad_file_is_not_the_command_lines_fault(void **state)
{
	struct config config;
	struct config_error error;
	bool usage;

	(void)state;
	assert_false(load(&config, "backlog = x\n", nothing, &error, &usage));
	assert_false(usage);
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
	bool usage;

	(void)state;
	assert_true(config_load(&config, &command, &error, &usage));
	config_free(&config);
	command.file_named = true;
	assert_false(config_load(&config, &command, &error, &usage));
	assert_string_equal(
	    error.text, "/no/such/file: No such file or directory");
	assert_false(usage);
}

static void
a_default_file_that_cannot_be_read_is_an_error(void **state)
{
	struct command_line command = {.file = "/dev/null/echod.conf"};
	struct config_error error;
	struct config config;
	bool usage;

	(void)state;
	assert_false(config_load(&config, &command, &error, &usage));
	assert_string_equal(
	    error.text, "/dev/null/echod.conf: Not a directory");
}

/* ---- printing and comparing ---------------------------------------------- */

static const char everything[] = "listen = 127.0.0.1:7007\n"
				 "listen = [::1]:7007\n"
				 "user = echo\n"
				 "pidfile = /a\\#b\\\\c d\n"
				 "backlog = 1\n"
				 "max-children = 2\n"
				 "max-per-source = 3\n"
				 "rate-per-source = 4/s burst 5\n"
				 "source-prefix-v4 = 6\n"
				 "source-prefix-v6 = 7\n"
				 "allow = 192.0.2.0/24\n"
				 "allow = ::1\n"
				 "deny = 0.0.0.0/0\n"
				 "deny = ::/0\n"
				 "idle-timeout = 8ms\n"
				 "write-timeout = 9s\n"
				 "max-lifetime = 10m\n"
				 "drain-timeout = 11h\n"
				 "sandbox = off\n"
				 "log-level = debug\n"
				 "log-facility = local3\n"
				 "log-target = stderr\n"
				 "log-format = json\n"
				 "log-clients = none\n"
				 "proxy-protocol = required\n"
				 "proxy-from = 10.0.0.0/8\n"
				 "proxy-from = 2001:db8::/32\n";

static void
what_is_printed_reads_back_the_same(void **state)
{
	struct config config;

	(void)state;
	read_good(&config, everything);
	char *text = print(&config);
	assert_string_equal(text, everything);
	free(text);
	config_free(&config);
}

static void
values_have_their_units(void **state)
{
	struct config config;

	(void)state;
	read_good(&config, everything);
	assert_int_equal(config.idle_timeout, 8 * MSEC);
	assert_int_equal(config.write_timeout, 9 * SEC);
	assert_int_equal(config.max_lifetime, 600 * SEC);
	assert_int_equal(config.drain_timeout, 11 * 3600 * SEC);
	assert_int_equal(config.rate_per_source.per_second, 4);
	assert_int_equal(config.rate_per_source.burst, 5);
	assert_int_equal(config.log_level, LOG_DEBUG);
	assert_int_equal(config.log_facility, LOG_LOCAL3);
	assert_int_equal(config.log_target, LOG_TARGET_STDERR);
	assert_int_equal(config.proxy_protocol, PROXY_REQUIRED);
	assert_false(config.sandbox);
	config_free(&config);
}

static char changes[200];

static void
note_change(const char *key)
{
	(void)strcat(changes, key);
	(void)strcat(changes, " ");
}

static void
what_needs_a_restart_is_told_and_stays(void **state)
{
	struct config before, after;

	(void)state;
	read_good(&before, "");
	read_good(&after, everything);
	changes[0] = '\0';
	config_keep_fixed(&before, &after, note_change);
	assert_string_equal(
	    changes, "listen user pidfile sandbox log-target log-format ");
	assert_string_equal(after.user, "nobody");
	assert_true(after.sandbox);
	assert_int_not_equal(after.backlog, before.backlog);
	config_free(&before);
	config_free(&after);
}

static void
every_key_and_option_is_in_the_help(void **state)
{
	static const char *const options[] = {"-f, --config=FILE",
	    "-F, --foreground", "-l, --listen=ADDR", "-t, --test",
	    "-T, --print-config", "-i, --inetd", "-v, --verbose", "-h, --help",
	    "-V, --version", "    --backlog=N", "    --proxy-from=PREFIX"};
	char *text = NULL, *names = strdup(defaults), *rest = names, *line;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	usage_print(out);
	assert_int_equal(fclose(out), 0);
	for (size_t i = 0; i < COUNT(options); i++)
		assert_text_contains(text, options[i]);
	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
		char option[64];

		(void)snprintf(
		    option, sizeof option, "--%s=", strtok(line, "# ="));
		assert_text_contains(text, option);
	}
	free(names);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest file[] = {
	    cmocka_unit_test(the_defaults_are_as_documented),
	    cmocka_unit_test(good_values_are_taken_and_nothing_else_changes),
	    cmocka_unit_test(bad_values_are_refused_by_file_line_and_key),
	    cmocka_unit_test(every_key_has_good_and_bad_cases),
	    cmocka_unit_test(comments_blanks_and_line_ends_are_as_documented),
	    cmocka_unit_test(escapes_stand_for_the_character_behind),
	    cmocka_unit_test(lines_that_are_no_settings_are_refused),
	    cmocka_unit_test(the_line_is_counted_over_continuations),
	    cmocka_unit_test(a_key_is_given_once_and_a_list_again_and_again),
	    cmocka_unit_test(a_nul_byte_is_refused_wherever_it_stands),
	    cmocka_unit_test(a_line_of_a_megabyte_is_refused_in_one_short_line),
	    cmocka_unit_test(a_comment_of_a_megabyte_is_none_of_our_business),
	    cmocka_unit_test(a_directory_is_no_file),
	};
	const struct CMUnitTest command[] = {
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
	};
	const struct CMUnitTest telling[] = {
	    cmocka_unit_test(what_is_printed_reads_back_the_same),
	    cmocka_unit_test(values_have_their_units),
	    cmocka_unit_test(what_needs_a_restart_is_told_and_stays),
	    cmocka_unit_test(every_key_and_option_is_in_the_help),
	};

	return cmocka_run_group_tests_name("config file", file, NULL, NULL) +
	       cmocka_run_group_tests_name(
		   "command line", command, NULL, NULL) +
	       cmocka_run_group_tests_name(
		   "telling the configuration", telling, NULL, NULL);
}
