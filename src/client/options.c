/* SPDX-License-Identifier: ISC */

#include "client/options.h"

#include <sys/socket.h>

#include <err.h>
#include <getopt.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/option_table.h"

enum {
	SERVED = PING | PIPE | LOAD | CHECK, /* those that talk to a server */
	TIMED = PING | LOAD,
	SIZE_MAX_MESSAGE = 16 * 1024 * 1024,
	CONNECTIONS_MAX = 1000000,
	RATE_MAX = 100000000
};

#define DAY (INT64_C(24) * 3600 * SEC)

/* Numbers without a unit are seconds. */
#define OPTION(commands, letter, name, argument, type, member, min, max, help) \
	{                                                                      \
		commands,                                                      \
		{                                                              \
			name, letter, argument, help, &(type_##type),          \
			    offsetof(struct options, member),                  \
			    {min, max, NULL, "s"}, NULL, false                 \
		}                                                              \
	}
#define FLAG(commands, letter, name, member, help)                             \
	OPTION(commands, letter, name, NULL, flag, member, 0, 0, help)
#define WORD(commands, letter, name, argument, member, help)                   \
	OPTION(commands, letter, name, argument, word, member, 0, 0, help)

/* --help lists them in this order. */
static const struct {
	unsigned commands;
	struct option_row row;
} table[] = {
    OPTION(PING, 'c', "count", "N", count, count, 1, INT64_MAX,
	"stop after N messages"),
    OPTION(PING, 'i', "interval", "TIME", span, interval, 0, DAY,
	"a message this often (1s); 0 = after each answer"),
    OPTION(LOAD, 'c', "connections", "N", count, connections, 1,
	CONNECTIONS_MAX, "open at a time (10)"),
    OPTION(LOAD, 'd', "duration", "TIME", span, duration, MSEC, 7 * DAY,
	"of the measurement (10s)"),
    OPTION(TIMED, 's', "size", "BYTES", size, size, 1, SIZE_MAX_MESSAGE,
	"of a message (64)"),
    OPTION(PING, 'w', "deadline", "TIME", span, deadline, 0, INT64_MAX / 2,
	"stop after this long"),
    OPTION(LOAD, 'r', "rate", "N", count, rate, 1, RATE_MAX,
	"messages per second over all connections"),
    FLAG(PING, 'D', "timestamps", timestamps,
	"begin lines with the time of day"),
    FLAG(PING, 0, "connect-each", connect_each,
	"open a new connection for each message"),
    FLAG(LOAD, 0, "churn", churn, "open a new connection for each message"),
    WORD(LOAD, 0, "svg", "FILE", svg, "draw latency and throughput"),
    WORD(TIMED, 0, "hgrm", "FILE", hgrm,
	"write percentiles for HdrHistogram's plotters"),
    WORD(TIMED, 0, "fail-if", "CONDITIONS", fail_if,
	"exit 1 if one is met, as in 'p99>5ms,loss>1%'"),
    WORD(COMPARE, 0, "fail-if", "CONDITIONS", fail_if,
	"exit 1 if one is met, as in 'p99>+10%,rate<-5%'"),
    FLAG(PING, 0, "nagios", nagios,
	"one line and status of a monitoring plugin"),
    WORD(PING, 0, "warning", "CONDITIONS", warning,
	"with --nagios: status 1 if one is met"),
    WORD(PING, 0, "critical", "CONDITIONS", critical,
	"with --nagios: status 2 if one is met"),
    WORD(CHECK, 0, "case", "NAME", only, "run this case only"),
    FLAG(CHECK, 'l', "list", list, "list the cases"),
    FLAG(CHECK, 0, "strict", strict,
	"run also the cases that widespread servers fail"),
    FLAG(
	PIPE, 0, "verify", verify, "compare the answer instead of printing it"),
    OPTION(SERVED, '4', "ipv4", NULL, set, family, AF_INET, 0, "use IPv4 only"),
    OPTION(
	SERVED, '6', "ipv6", NULL, set, family, AF_INET6, 0, "use IPv6 only"),
    WORD(SERVED, 'I', "source", "ADDRESS", source, "connect from this address"),
    OPTION(SERVED & ~PIPE, 'W', "timeout", "TIME", span, timeout, 0, DAY,
	"give up waiting after this long (5s)"),
    OPTION(PIPE, 'W', "timeout", "TIME", span, timeout, 0, DAY,
	"give up waiting after this long (never)"),
    FLAG(PING, 'q', "quiet", quiet,
	"print the summary only; with JSON no text at all"),
    FLAG(LOAD, 'q', "quiet", quiet,
	"no line each second; with JSON no text at all"),
    FLAG(CHECK, 'q', "quiet", quiet, "no text; the exit status tells"),
    FLAG(PIPE, 'q', "quiet", quiet, "do not show how far it has come"),
    FLAG(SERVED, 0, "json", json, "JSON on standard output, text on stderr"),
    FLAG(SERVED, 0, "json-stream", json_stream,
	"the same, a line for all that happens"),
    WORD(SERVED, 0, "interface", "NAME", interface,
	"connect through this network interface"),
    OPTION(SERVED, 0, "dscp", "N", count, dscp, 0, 63,
	"differentiated services code point to send"),
    OPTION(SERVED, 0, "proxy-v1", NULL, set, proxy_version, 1, 0,
	"begin with a PROXY protocol header, version 1"),
    OPTION(SERVED, 0, "proxy-v2", NULL, set, proxy_version, 2, 0,
	"the same in version 2"),
    WORD(SERVED, 0, "proxy-source", "ADDR:PORT", proxy_source,
	"the client it names, instead of this end"),
    FLAG(SERVED | COMPARE, 'h', "help", help, "show this help"),
    FLAG(SERVED | COMPARE, 'V', "version", version, "show the version"),
};

enum {
	ROWS = sizeof table / sizeof *table
};

static const struct command *command; /* whose options were read */

void
options_fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vwarnx(format, arguments);
	va_end(arguments);
	(void)fprintf(stderr,
	    "usage: echoc %s [options] %s (echoc %s --help lists them)\n",
	    command->name, command->operands, command->name);
	exit(STATUS_ERROR);
}

void
options_check(const char *name, const char *value, const char *errstr)
{
	if (errstr != NULL)
		options_fail("--%s=%s: %s", name, value, errstr);
}

static void
show_help(const struct option_group *group)
{
	(void)printf("usage: echoc %s [options] %s\n%s.\n\n", command->name,
	    command->operands, command->summary);
	option_table_usage(stdout, group, 1, group->rows);
}

char **
options_parse(
    const struct command *given, int argc, char **argv, struct options *options)
{
	struct option_row rows[ROWS + 1] = {0};
	const struct option_group group = {.rows = rows, .values = options};
	char error[OPTION_ERROR_SIZE];
	size_t count = 0;

	for (size_t i = 0; i < ROWS; i++)
		if ((table[i].commands & given->bit) != 0)
			rows[count++] = table[i].row;
	command = given;
	if (!option_table_read(&group, 1, argc, argv, error))
		options_fail("%s", error);
	if (options->help)
		show_help(&group);
	else if (options->version)
		(void)printf("echoc %s\n", VERSION);
	else
		return argv + optind;
	exit(STATUS_GOOD);
}
