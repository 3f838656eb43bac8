/* SPDX-License-Identifier: ISC */

/*
 * The keys of echod.conf(5) and what is made of them.  How a value of one
 * type is read, printed and freed is in value.c.
 */

#include "parent/settings/config.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <bsd/libutil.h>
#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <bsd/vis.h>

#include "common/clock.h"
#include "parent/log/client_names.h"
#include "parent/log/log.h"
#include "parent/settings/value.h"

static const struct choice bools[] = {{"off", false}, {"on", true}, {0}};

static const struct choice levels[] = {
    {"error", LOG_ERR},
    {"warning", LOG_WARNING},
    {"notice", LOG_NOTICE},
    {"info", LOG_INFO},
    {"debug", LOG_DEBUG},
    {0},
};

static const struct choice facilities[] = {
    {"daemon", LOG_DAEMON},
    {"user", LOG_USER},
    {"auth", LOG_AUTH},
    {"local0", LOG_LOCAL0},
    {"local1", LOG_LOCAL1},
    {"local2", LOG_LOCAL2},
    {"local3", LOG_LOCAL3},
    {"local4", LOG_LOCAL4},
    {"local5", LOG_LOCAL5},
    {"local6", LOG_LOCAL6},
    {"local7", LOG_LOCAL7},
    {0},
};

static const struct choice targets[] = {
    {"auto", LOG_TARGET_AUTO},
    {"stderr", LOG_TARGET_STDERR},
    {"syslog", LOG_TARGET_SYSLOG},
    {"journal", LOG_TARGET_JOURNAL},
    {0},
};

static const struct choice formats[] = {
    {"text", LOG_FORMAT_TEXT},
    {"json", LOG_FORMAT_JSON},
    {0},
};

static const struct choice client_names[] = {
    {"full", LOG_CLIENTS_FULL},
    {"prefix", LOG_CLIENTS_PREFIX},
    {"none", LOG_CLIENTS_NONE},
    {0},
};

static const struct choice proxy_protocols[] = {
    {"off", PROXY_OFF},
    {"required", PROXY_REQUIRED},
    {0},
};

struct key {
	const char *name;
	const struct type *type;
	size_t offset;        /* of the value in struct config */
	struct domain domain; /* which values are good */
	const char *fallback; /* the default, as one would write it */
	const char *argument; /* what --help calls the value */
	const char *help;
	char letter; /* of the short option, 0 = none */
	bool fixed;  /* needs a restart to change */
};

#define KEY(field, type_)                                                      \
	.type = &(type_), .offset = offsetof(struct config, field)
#define RANGE(min_, max_) .domain = {.min = (min_), .max = (max_)}
#define ONE_OF(choices_)  .domain = {.choices = (choices_)}

#define DAY (24 * INT64_C(3600) * SEC)

static const struct key keys[] = {
    {"listen", KEY(listen, type_addrs), .fallback = "*:7", .letter = 'l',
	.argument = "ADDR", .fixed = true,
	.help = "address and port to listen on; repeatable"},
    {"user", KEY(user, type_text), .fallback = "nobody", .argument = "NAME",
	.fixed = true, .help = "whom to run as when started by root"},
    {"pidfile", KEY(pidfile, type_pidfile), .fallback = "auto",
	.argument = "PATH", .fixed = true,
	.help = "pidfile, none, or auto: " PIDFILE " when daemonized"},
    {"backlog", KEY(backlog, type_number), RANGE(1, INT_MAX),
	.fallback = "4096", .argument = "N",
	.help = "connections the kernel may hold before they are accepted"},
    {"max-children", KEY(max_children, type_number),
	RANGE(1, CONFIG_MAX_CHILDREN), .fallback = "512", .argument = "N",
	.help = "sessions at once; further clients wait in the backlog"},
    {"max-per-source", KEY(max_per_source, type_number),
	RANGE(0, CONFIG_MAX_CHILDREN), .fallback = "64", .argument = "N",
	.help = "sessions at once from one source; 0: no limit"},
    {"rate-per-source", KEY(rate_per_source, type_rate), RANGE(1, 1000000),
	.fallback = "100/s burst 200", .argument = "RATE",
	.help = "new sessions a second from one source; 0: no limit"},
    {"source-prefix-v4", KEY(source_prefix_v4, type_number), RANGE(0, 32),
	.fallback = "32", .argument = "BITS",
	.help = "leading bits of an IPv4 address that make one source"},
    {"source-prefix-v6", KEY(source_prefix_v6, type_number), RANGE(0, 128),
	.fallback = "64", .argument = "BITS",
	.help = "leading bits of an IPv6 address that make one source"},
    {"allow", KEY(allow, type_prefixes), .argument = "PREFIX",
	.help = "serve only these; repeatable; most specific match wins"},
    {"deny", KEY(deny, type_prefixes), .argument = "PREFIX",
	.help = "refuse these; repeatable; most specific match wins"},
    {"idle-timeout", KEY(idle_timeout, type_duration), RANGE(0, 365 * DAY),
	.fallback = "5m", .argument = "TIME",
	.help = "end a session that sends nothing for so long; 0: never"},
    {"write-timeout", KEY(write_timeout, type_duration), RANGE(0, DAY),
	.fallback = "30s", .argument = "TIME",
	.help = "end a session that takes nothing for so long; 0: never"},
    {"max-lifetime", KEY(max_lifetime, type_duration), RANGE(0, 365 * DAY),
	.fallback = "0", .argument = "TIME",
	.help = "end a session after so long; 0: never"},
    {"drain-timeout", KEY(drain_timeout, type_duration), RANGE(0, DAY),
	.fallback = "10s", .argument = "TIME",
	.help = "at a stop, how long sessions may take to finish"},
    {"sandbox", KEY(sandbox, type_choice), ONE_OF(bools), .fallback = "on",
	.argument = "on|off", .fixed = true,
	.help = "confine sessions by seccomp(2)"},
    {"log-level", KEY(log_level, type_choice), ONE_OF(levels),
	.fallback = "info", .argument = "LEVEL",
	.help = "error, warning, notice, info or debug"},
    {"log-facility", KEY(log_facility, type_choice), ONE_OF(facilities),
	.fallback = "daemon", .argument = "NAME",
	.help = "syslog facility: daemon, user, auth, local0 to local7"},
    {"log-target", KEY(log_target, type_choice), ONE_OF(targets),
	.fallback = "auto", .argument = "TARGET", .fixed = true,
	.help = "stderr, syslog, journal, or auto"},
    {"log-format", KEY(log_format, type_choice), ONE_OF(formats),
	.fallback = "text", .argument = "text|json", .fixed = true,
	.help = "of the log on standard error"},
    {"log-clients", KEY(log_clients, type_choice), ONE_OF(client_names),
	.fallback = "full", .argument = "full|prefix|none",
	.help = "how much of clients' addresses the log and titles tell"},
    {"proxy-protocol", KEY(proxy_protocol, type_choice),
	ONE_OF(proxy_protocols), .fallback = "off", .argument = "off|required",
	.help = "whether clients come through a proxy that names them"},
    {"proxy-from", KEY(proxy_from, type_prefixes), .argument = "PREFIX",
	.help = "proxies to believe; repeatable; none given: nobody"},
};

enum {
	NKEYS = sizeof keys / sizeof *keys
};

/* The options that are not settings. */
static const struct flag {
	const char *name;
	char letter;
	const char *argument;
	const char *help;
} flags[] = {
    {"config", 'f', "FILE", "configuration file (" CONFIG_FILE ")"},
    {"foreground", 'F', NULL, "stay attached, log to standard error"},
    {"inetd", 'i', NULL, "serve the socket on standard input, then exit"},
    {"test", 't', NULL, "check the configuration and exit"},
    {"print-config", 'T', NULL, "print the effective configuration and exit"},
    {"verbose", 'v', NULL, "same as --log-level=debug"},
    {"help", 'h', NULL, "print this help and exit"},
    {"version", 'V', NULL, "print the version and exit"},
};

enum {
	NFLAGS = sizeof flags / sizeof *flags
};

struct setting {
	const struct key *key;
	const char *value;
};

static void *
field(const struct config *config, const struct key *key)
{
	return (char *)(uintptr_t)config + key->offset;
}

static const struct key *
key_by_name(const char *name)
{
	for (size_t i = 0; i < NKEYS; i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

static bool __attribute__((format(printf, 2, 3)))
fail(struct config_error *error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(error->text, sizeof error->text, format, ap);
	va_end(ap);
	return false;
}

enum {
	QUOTED_MAX = 64, /* bytes of a text worth showing */
	QUOTED_SIZE = 4 * QUOTED_MAX + 1
};

/* What a hostile or binary text looks like in a one-line message. */
static const char *
quote(const char *text, char buf[QUOTED_SIZE])
{
	char cut[QUOTED_MAX];

	(void)strlcpy(cut, text, sizeof cut);
	(void)strvis(buf, cut, VIS_CSTYLE | VIS_NL | VIS_TAB);
	return buf;
}

static bool
set(struct config *config, const struct key *key, const char *value,
    const char *where, struct config_error *error)
{
	char quoted[QUOTED_SIZE];
	const char *errstr =
	    key->type->parse(field(config, key), value, &key->domain);

	if (errstr == NULL)
		return true;
	return fail(error, "%s%s: %s: \"%s\"", where, key->name, errstr,
	    quote(value, quoted));
}

/* The first value a layer gives for a list replaces the layers below. */
static void
begin_layer(struct config *config, const struct key *key, bool seen[NKEYS])
{
	if (!seen[key - keys])
		key->type->clear(field(config, key));
	seen[key - keys] = true;
}

bool
config_defaults(struct config *config, struct config_error *error)
{
	memset(config, 0, sizeof *config);
	for (const struct key *key = keys; key < keys + NKEYS; key++)
		if (key->fallback != NULL &&
		    !set(config, key, key->fallback, "default ", error)) {
			config_free(config);
			return false;
		}
	return true;
}

void
config_free(struct config *config)
{
	for (const struct key *key = keys; key < keys + NKEYS; key++)
		key->type->clear(field(config, key));
}

/* ---- the file ----------------------------------------------------------- */

static char *
trim(char *text)
{
	static const char blanks[] = " \t\r\v\f";

	text += strspn(text, blanks);
	size_t length = strlen(text);
	while (length > 0 && strchr(blanks, text[length - 1]) != NULL)
		length--;
	text[length] = '\0';
	return text;
}

/* One "key = value" line; where names it in messages. */
static bool
read_setting(struct config *config, char *line, const char *where,
    bool seen[NKEYS], struct config_error *error)
{
	char quoted[QUOTED_SIZE];
	char *equals = strchr(line, '=');

	if (equals == NULL)
		return fail(error, "%sno \"=\" in \"%s\"", where,
		    quote(trim(line), quoted));
	*equals = '\0';
	char *name = trim(line);
	const struct key *key = key_by_name(name);
	if (key == NULL)
		return fail(
		    error, "%sunknown key \"%s\"", where, quote(name, quoted));
	if (!key->type->list && seen[key - keys])
		return fail(error, "%s%s: given twice", where, key->name);
	begin_layer(config, key, seen);
	return set(config, key, trim(equals + 1), where, error);
}

bool
config_read(struct config *config, FILE *file, const char *name,
    struct config_error *error)
{
	bool seen[NKEYS] = {false}, good = true;
	size_t length, number = 0;
	char where[PATH_MAX + 32];
	char *line;

	while (good && (line = fparseln(file, &length, &number, NULL,
			    FPARSELN_UNESCALL)) != NULL) {
		(void)snprintf(
		    where, sizeof where, "%.400s:%zu: ", name, number);
		if (strlen(line) != length)
			good = fail(error, "%sNUL byte", where);
		else if (*trim(line) != '\0')
			good = read_setting(config, line, where, seen, error);
		free(line);
	}
	if (good && ferror(file))
		good = fail(error, "%s: %s", name, strerror(errno));
	return good;
}

static bool
read_file(struct config *config, const struct command_line *command,
    struct config_error *error)
{
	FILE *file = fopen(command->file, "re");

	if (file == NULL) {
		if (errno == ENOENT && !command->file_named)
			return true;
		return fail(error, "%s: %s", command->file, strerror(errno));
	}
	bool good = config_read(config, file, command->file, error);
	(void)fclose(file);
	return good;
}

/* ---- the command line --------------------------------------------------- */

enum {
	FIRST_KEY = 256 /* what getopt_long returns for keys[0] */
};

/* getopt_long(3)'s two forms of the tables. */
struct options {
	struct option longs[NKEYS + NFLAGS + 1];
	char shorts[2 * (NKEYS + NFLAGS) + 2];
};

static void
options_build(struct options *options)
{
	struct option *o = options->longs;
	char *s = options->shorts;

	memset(options, 0, sizeof *options);
	*s++ = ':';
	for (const struct key *key = keys; key < keys + NKEYS; key++) {
		*o++ = (struct option){key->name, required_argument, NULL,
		    FIRST_KEY + (int)(key - keys)};
		if (key->letter != 0) {
			*s++ = key->letter;
			*s++ = ':';
		}
	}
	for (const struct flag *flag = flags; flag < flags + NFLAGS; flag++) {
		*o++ = (struct option){flag->name,
		    flag->argument ? required_argument : no_argument, NULL,
		    flag->letter};
		*s++ = flag->letter;
		if (flag->argument != NULL)
			*s++ = ':';
	}
}

static bool
is_known_letter(int letter)
{
	for (const struct flag *flag = flags; flag < flags + NFLAGS; flag++)
		if (flag->letter == letter)
			return true;
	return false;
}

static const struct key *
key_by_option(int option)
{
	if (option >= FIRST_KEY && option < FIRST_KEY + NKEYS)
		return &keys[option - FIRST_KEY];
	for (const struct key *key = keys; key < keys + NKEYS; key++)
		if (key->letter == option)
			return key;
	return NULL;
}

static bool
remember(struct command_line *command, const struct key *key, const char *value,
    struct config_error *error)
{
	struct setting *grown =
	    reallocarray(command->settings, command->count + 1, sizeof *grown);

	if (grown == NULL)
		return fail(error, "%s", strerror(errno));
	grown[command->count++] = (struct setting){key, value};
	command->settings = grown;
	return true;
}

/* The daemon reads its file again at a reload, from another directory. */
static bool
name_file(struct command_line *command, struct config_error *error)
{
	char directory[PATH_MAX], quoted[QUOTED_SIZE];

	for (const char *c = optarg; *c != '\0'; c++)
		if (iscntrl((unsigned char)*c))
			return fail(error,
			    "--config: has a control character: \"%s\"",
			    quote(optarg, quoted));
	command->file_named = true;
	free(command->path);
	command->path = NULL;
	command->file = optarg;
	if (optarg[0] == '/')
		return true;
	if (getcwd(directory, sizeof directory) == NULL ||
	    asprintf(&command->path, "%s/%s", directory, optarg) == -1)
		return fail(error, "--config: %s", strerror(errno));
	command->file = command->path;
	return true;
}

static bool
misused(const char *what, const char *option, struct config_error *error)
{
	char quoted[QUOTED_SIZE];

	return fail(error, "%s: %s", what, quote(option, quoted));
}

/*
 * getopt_long(3) is done with the word of a long option, but perhaps not with
 * a word of several letters.  A letter that is known means the long form,
 * with a value that it does not take.
 */
static bool
unknown(char **argv, struct config_error *error)
{
	const char letter[] = {'-', (char)optopt, '\0'};
	bool is_letter = optopt != 0 && !is_known_letter(optopt);

	return misused(
	    "unknown option", is_letter ? letter : argv[optind - 1], error);
}

static bool
take_option(struct command_line *command, int option, char **argv,
    struct config_error *error)
{
	switch (option) {
	case 'f':
		return name_file(command, error);
	case 'F':
		command->foreground = true;
		return true;
	case 'i':
		command->inetd = true;
		return true;
	case 't':
		command->action = ACTION_TEST;
		return true;
	case 'T':
		command->action = ACTION_PRINT;
		return true;
	case 'v':
		return remember(
		    command, key_by_name("log-level"), "debug", error);
	case 'h':
		command->action = ACTION_HELP;
		return true;
	case 'V':
		command->action = ACTION_VERSION;
		return true;
	case ':':
		return misused("option needs a value", argv[optind - 1], error);
	case '?':
		return unknown(argv, error);
	default:
		return remember(command, key_by_option(option), optarg, error);
	}
}

bool
command_line_parse(struct command_line *command, int argc, char **argv,
    struct config_error *error)
{
	struct options options;
	char quoted[QUOTED_SIZE];
	int option;

	*command = (struct command_line){.file = CONFIG_FILE};
	options_build(&options);
	optind = 0; /* start afresh, also for a second command line */
	opterr = 0;
	while ((option = getopt_long(
		    argc, argv, options.shorts, options.longs, NULL)) != -1)
		if (!take_option(command, option, argv, error))
			return false;
	if (optind < argc)
		return fail(error, "unexpected argument: %s",
		    quote(argv[optind], quoted));
	return true;
}

void
command_line_free(struct command_line *command)
{
	free(command->settings);
	free(command->path);
	*command = (struct command_line){0};
}

static bool
apply_command_line(struct config *config, const struct command_line *command,
    struct config_error *error)
{
	bool seen[NKEYS] = {false};

	for (size_t i = 0; i < command->count; i++) {
		const struct setting *setting = &command->settings[i];
		begin_layer(config, setting->key, seen);
		if (!set(config, setting->key, setting->value, "--", error))
			return false;
	}
	return true;
}

bool
config_load(struct config *config, const struct command_line *command,
    struct config_error *error, bool *usage)
{
	*usage = false;
	if (!config_defaults(config, error))
		return false;
	if (!read_file(config, command, error)) {
		config_free(config);
		return false;
	}
	if (!apply_command_line(config, command, error)) {
		*usage = true;
		config_free(config);
		return false;
	}
	return true;
}

const char *
config_pidfile(const struct config *config, const struct command_line *command)
{
	if (strcmp(config->pidfile, "auto") != 0)
		return config->pidfile;
	return command->foreground || command->inetd ? "none" : PIDFILE;
}

/* ---- telling ------------------------------------------------------------ */

void
config_print(const struct config *config, FILE *out)
{
	for (const struct key *key = keys; key < keys + NKEYS; key++)
		key->type->print(
		    out, key->name, field(config, key), &key->domain);
}

/* A key as config_print() writes it, for comparing; the caller frees it. */
static char *
printed(const struct config *config, const struct key *key)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	key->type->print(out, key->name, field(config, key), &key->domain);
	(void)fclose(out);
	return text;
}

/* Both are freed later, each once, so they trade places. */
static void
exchange(void *a, void *b, size_t size)
{
	char kept[sizeof(struct config)];

	memcpy(kept, a, size);
	memcpy(a, b, size);
	memcpy(b, kept, size);
}

void
config_keep_fixed(struct config *running, struct config *fresh,
    void (*changed)(const char *key))
{
	for (const struct key *key = keys; key < keys + NKEYS; key++) {
		if (!key->fixed)
			continue;
		char *old = printed(running, key), *new = printed(fresh, key);
		if (old != NULL && new != NULL && strcmp(old, new) != 0)
			changed(key->name);
		free(old);
		free(new);
		exchange(
		    field(running, key), field(fresh, key), key->type->size);
	}
}

static void
usage_line(FILE *out, char letter, const char *name, const char *argument,
    const char *help)
{
	char option[48];

	(void)snprintf(option, sizeof option, "--%s%s%s", name,
	    argument ? "=" : "", argument ? argument : "");
	(void)fprintf(out, "  %c%c%c %-31s %s\n", letter ? '-' : ' ',
	    letter ? letter : ' ', letter ? ',' : ' ', option, help);
}

void
usage_print(FILE *out)
{
	(void)fputs("usage: echod [options]\n"
		    "The TCP echo daemon, one confined process per client; "
		    "see echod(8).\n\n",
	    out);
	for (const struct flag *flag = flags; flag < flags + NFLAGS; flag++)
		usage_line(
		    out, flag->letter, flag->name, flag->argument, flag->help);
	(void)fputs("\nSettings, also keys of echod.conf(5):\n", out);
	for (const struct key *key = keys; key < keys + NKEYS; key++)
		usage_line(
		    out, key->letter, key->name, key->argument, key->help);
}
