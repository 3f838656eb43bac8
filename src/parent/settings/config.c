/* SPDX-License-Identifier: ISC */

/* The keys of echod.conf(5), one row each. */

#include "parent/settings/config.h"

#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "common/clock.h"
#include "common/quote.h"
#include "parent/log/client_names.h"
#include "parent/log/log.h"
#include "parent/process/identity.h"
#include "parent/settings/types.h"

static const struct choice bools[] = {{"off", false}, {"on", true}, {0}};

static const struct choice answers[] = {{"no", false}, {"yes", true}, {0}};

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

#define KEY(field, type_)                                                      \
	.type = &(type_), .offset = offsetof(struct config, field)
#define RANGE(min_, max_) .range = {.min = (min_), .max = (max_)}
#define ONE_OF(choices_)  .range = {.choices = (choices_)}

#define DAY (24 * INT64_C(3600) * SEC)

const struct option_row config_rows[] = {
    {"listen", KEY(listen, type_addrs), .initial = "*:7", .letter = 'l',
	.argument = "ADDR", .fixed = true,
	.help = "address and port to listen on; repeatable"},
    {"user", KEY(user, type_user), .initial = IDENTITY_OWN, .argument = "NAME",
	.fixed = true, .help = "user to run as when started by root"},
    {"pidfile", KEY(pidfile, type_pidfile), .initial = "auto",
	.argument = "PATH", .fixed = true,
	.help = "pidfile, none, or auto: " PIDFILE " when daemonized"},
    {"backlog", KEY(backlog, type_count), RANGE(1, INT_MAX), .initial = "4096",
	.argument = "N",
	.help = "connections the kernel may hold before they are accepted"},
    {"reuse-port", KEY(reuse_port, type_choice), ONE_OF(answers),
	.initial = "no", .argument = "yes|no", .fixed = true,
	.help = "share addresses with other instances that do so"},
    {"max-children", KEY(max_children, type_count),
	RANGE(1, CONFIG_MAX_CHILDREN), .initial = "4096", .argument = "N",
	.help = "sessions at once; further clients wait in the backlog"},
    {"max-per-source", KEY(max_per_source, type_count),
	RANGE(0, CONFIG_MAX_CHILDREN), .initial = "64", .argument = "N",
	.help = "sessions at once from one source; 0: no limit"},
    {"rate-per-source", KEY(rate_per_source, type_rate), RANGE(1, 1000000),
	.initial = "100/s burst 200", .argument = "RATE",
	.help = "new sessions a second from one source; 0: no limit"},
    {"source-prefix-v4", KEY(source_prefix_v4, type_count), RANGE(0, 32),
	.initial = "32", .argument = "BITS",
	.help = "leading bits of an IPv4 address that make one source"},
    {"source-prefix-v6", KEY(source_prefix_v6, type_count), RANGE(0, 128),
	.initial = "64", .argument = "BITS",
	.help = "leading bits of an IPv6 address that make one source"},
    {"allow", KEY(allow, type_prefixes), .argument = "PREFIX",
	.help = "serve only these; repeatable; most specific match wins"},
    {"deny", KEY(deny, type_prefixes), .argument = "PREFIX",
	.help = "refuse these; repeatable; most specific match wins"},
    {"idle-timeout", KEY(idle_timeout, type_span), RANGE(0, 365 * DAY),
	.initial = "5m", .argument = "TIME",
	.help = "end a session whose client sends nothing for this; 0: never"},
    {"write-timeout", KEY(write_timeout, type_span), RANGE(0, DAY),
	.initial = "30s", .argument = "TIME",
	.help = "end a session whose client reads nothing for this; 0: never"},
    {"send-buffer", KEY(send_buffer, type_size), RANGE(0, INT64_C(1) << 30),
	.initial = "128k", .argument = "SIZE",
	.help = "unsent output kept for a slow client; 0: the kernel's limit"},
    {"max-lifetime", KEY(max_lifetime, type_span), RANGE(0, 365 * DAY),
	.initial = "0", .argument = "TIME",
	.help = "end a session after this; 0: never"},
    {"drain-timeout", KEY(drain_timeout, type_span), RANGE(0, DAY),
	.initial = "8s", .argument = "TIME",
	.help = "time for sessions to finish at a stop"},
    {"sandbox", KEY(sandbox, type_choice), ONE_OF(bools), .initial = "on",
	.argument = "on|off", .fixed = true,
	.help = "confine the parent and sessions by seccomp(2)"},
    {"log-level", KEY(log_level, type_choice), ONE_OF(levels),
	.initial = "info", .argument = "LEVEL",
	.help = "error, warning, notice, info or debug"},
    {"log-facility", KEY(log_facility, type_choice), ONE_OF(facilities),
	.initial = "daemon", .argument = "NAME",
	.help = "syslog facility: daemon, user, auth, local0 to local7"},
    {"log-target", KEY(log_target, type_choice), ONE_OF(targets),
	.initial = "auto", .argument = "TARGET", .fixed = true,
	.help = "stderr, syslog, journal, or auto"},
    {"log-format", KEY(log_format, type_choice), ONE_OF(formats),
	.initial = "text", .argument = "text|json", .fixed = true,
	.help = "form of the log on standard error"},
    {"log-clients", KEY(log_clients, type_choice), ONE_OF(client_names),
	.initial = "full", .argument = "full|prefix|none",
	.help = "how much of clients' addresses the log and titles show"},
    {"metrics-file", KEY(metrics_file, type_path), .initial = "none",
	.argument = "PATH", .fixed = true,
	.help = "file to write metrics for Prometheus to, or none"},
    {"metrics-interval", KEY(metrics_interval, type_span),
	RANGE(SEC, 3600 * SEC), .initial = "10s", .argument = "TIME",
	.help = "how often to write it"},
    {"proxy-protocol", KEY(proxy_protocol, type_choice),
	ONE_OF(proxy_protocols), .initial = "off", .argument = "off|required",
	.help = "whether clients come through a proxy that names them"},
    {"proxy-from", KEY(proxy_from, type_prefixes), .argument = "PREFIX",
	.help = "trusted proxies; repeatable; without it none"},
    {0},
};

_Static_assert(sizeof config_rows / sizeof *config_rows <= CONFIG_ROWS_MAX,
    "a layer knows all keys");

static void *
member(const struct config *config, const struct option_row *row)
{
	return (char *)(uintptr_t)config + row->offset;
}

bool
config_fail(struct config_error *error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(error->text, sizeof error->text, format, ap);
	va_end(ap);
	error->status = EXIT_CONFIG;
	return false;
}

bool
config_set(struct config *config, struct layer *layer,
    const struct option_row *row, const char *value, const char *where,
    struct config_error *error)
{
	char quoted[QUOTE_SIZE];
	bool *seen = &layer->seen[row - config_rows];

	if (!*seen)
		row->type->clear(member(config, row));
	*seen = true;
	const char *errstr = option_store(config, row, value);
	if (errstr == NULL)
		return true;
	(void)config_fail(error, "%s%s: %s: \"%s\"", where, row->name, errstr,
	    quote(value, quoted));
	if (errstr == out_of_memory) /* may succeed later */
		error->status = EXIT_FAILURE;
	return false;
}

bool
config_defaults(struct config *config, struct config_error *error)
{
	struct layer layer = {{false}};

	*config = (struct config){0};
	for (const struct option_row *row = config_rows; row->name != NULL;
	     row++)
		if (row->initial != NULL &&
		    !config_set(
			config, &layer, row, row->initial, "default ", error)) {
			config_free(config);
			return false;
		}
	return true;
}

bool
config_complete(struct config *config)
{
	static const struct prefix_list none;

	return access_list_make(&config->clients, &config->allow, &config->deny,
		   config->allow.count == 0) &&
	       access_list_make(
		   &config->proxies, &config->proxy_from, &none, false);
}

void
config_inherit(const struct config *config, bool inherited)
{
	prefix_list_inherit(&config->allow, inherited);
	prefix_list_inherit(&config->deny, inherited);
	prefix_list_inherit(&config->proxy_from, inherited);
	access_list_inherit(&config->clients, inherited);
	access_list_inherit(&config->proxies, inherited);
}

void
config_free(struct config *config)
{
	access_list_free(&config->clients);
	access_list_free(&config->proxies);
	for (const struct option_row *row = config_rows; row->name != NULL;
	     row++)
		row->type->clear(member(config, row));
}

void
config_print(const struct config *config, FILE *out)
{
	for (const struct option_row *row = config_rows; row->name != NULL;
	     row++)
		row->type->print(
		    out, row->name, member(config, row), &row->range);
}

/* Swaps the two values, so that each is freed once. */
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
	for (const struct option_row *row = config_rows; row->name != NULL;
	     row++) {
		void *old = member(running, row), *new = member(fresh, row);
		if (!row->fixed || row->type->equal(old, new))
			continue;
		changed(row->name);
		exchange(old, new, row->type->size);
	}
}
