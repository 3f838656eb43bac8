/* SPDX-License-Identifier: ISC */

/* Runs in the parent. */

#include "parent/upgrade/state.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/string.h>

#include "common/clock.h"
#include "parent/log/log.h"
#include "parent/process/pidfile.h"
#include "parent/server.h"
#include "parent/settings/command_line.h"
#include "parent/upgrade/saved.h"

enum {
	MAJOR = 1, /* others are refused */
	MINOR = 0,
	ENDPOINTS_MAX = 65536,
	ENDPOINTS_NEW = 256
};

#define HEAD_FORMAT "echod-state %d.%d size=%020" PRIu64 "\n"
#define LAST_LINE   "end"

/* ---- the objects -------------------------------------------------------- */

/* A session, or a client that waits for a process. */
struct saved_child {
	struct child child;
	uint64_t endpoint; /* which of them */
	struct prefix source;
	int64_t rate_clear; /* of the source */
	int pending;        /* the client's socket, -1 = it has a session */
};

static const struct saved_field handover_fields[] = {
    SAVED_TEXT("version", struct handover, version),
    SAVED("began", struct handover, began),
    SAVED_TEXT("file", struct handover, file),
    SAVED_RANGE("sandbox", struct handover, sandbox, 0, SANDBOX_ON),
    SAVED("dropped", struct handover, dropped),
    SAVED("unreported", struct handover, unreported),
    SAVED_TEXT("pidfile", struct handover, pidfile),
    SAVED_FD("keeper", struct handover, keeper),
    SAVED_TEXT("notify", struct handover, notify),
    {0},
};

static const struct saved_field server_fields[] = {
    SAVED("served", struct server, served),
    SAVED("bytes", struct server, bytes),
    SAVED("refused", struct server, refused),
    SAVED("endpoints", struct server, endpoints.count),
    SAVED("started", struct server, metrics.started),
    SAVED("reloaded", struct server, metrics.reloaded),
    SAVED("reload-failed", struct server, metrics.reload_failed),
    SAVED("accept-errors", struct server, metrics.accept_errors),
    SAVED("fork-errors", struct server, metrics.fork_errors),
    SAVED("upgrades", struct server, metrics.upgrades),
    SAVED_RANGE("confined", struct server, sandbox, 0, SANDBOX_ON),
    SAVED("fork-delay", struct server, acceptor.fork_delay),
    SAVED_FD("reports", struct server, reports.receiving),
    SAVED_FD("reporters", struct server, reports.sending),
    SAVED_FD("notify", struct server, notify.fd),
    SAVED("watchdog", struct server, notify.watchdog),
    SAVED("passed", struct server, listeners.adopted),
    {0},
};

static const struct saved_field endpoint_fields[] = {
    SAVED_TEXT("name", struct endpoint, name),
    SAVED("accepted", struct endpoint, accepted),
    SAVED("bytes", struct endpoint, bytes),
    SAVED("client", struct endpoint, closed[REASON_CLIENT]),
    SAVED("idle", struct endpoint, closed[REASON_IDLE]),
    SAVED("stalled", struct endpoint, closed[REASON_STALLED]),
    SAVED("reset", struct endpoint, closed[REASON_RESET]),
    SAVED("lifetime", struct endpoint, closed[REASON_LIFETIME]),
    SAVED("shutdown", struct endpoint, closed[REASON_SHUTDOWN]),
    SAVED("proxy", struct endpoint, closed[REASON_PROXY]),
    SAVED("unconfined", struct endpoint, closed[REASON_SANDBOX]),
    SAVED("killed", struct endpoint, closed[REASON_KILLED]),
    SAVED("refused", struct endpoint, closed[REASON_REFUSED]),
    SAVED("crashed", struct endpoint, closed[REASON_CRASHED]),
    SAVED("by-denied", struct endpoint, refused[REFUSED_DENIED]),
    SAVED("by-proxy", struct endpoint, refused[REFUSED_PROXY]),
    SAVED("by-sessions", struct endpoint, refused[REFUSED_SESSIONS]),
    SAVED("by-rate", struct endpoint, refused[REFUSED_RATE]),
    SAVED("by-header", struct endpoint, refused[REFUSED_HEADER]),
    {0},
};

static const struct saved_field spread_fields[] = {
    SAVED("sum", struct distribution, sum),
    SAVED("0", struct distribution, buckets[0]),
    SAVED("1", struct distribution, buckets[1]),
    SAVED("2", struct distribution, buckets[2]),
    SAVED("3", struct distribution, buckets[3]),
    SAVED("4", struct distribution, buckets[4]),
    SAVED("5", struct distribution, buckets[5]),
    SAVED("6", struct distribution, buckets[6]),
    SAVED("7", struct distribution, buckets[7]),
    SAVED("8", struct distribution, buckets[8]),
    SAVED("9", struct distribution, buckets[9]),
    {0},
};

static const struct saved_field listener_fields[] = {
    SAVED_FD("fd", struct listener, fd),
    SAVED("addr", struct listener, addr),
    SAVED("asked", struct listener, asked),
    SAVED("any", struct listener, any),
    {0},
};

static const struct saved_field source_fields[] = {
    SAVED("prefix", struct source, prefix),
    SAVED("clear", struct source, rate_clear),
    {0},
};

static const struct saved_field child_fields[] = {
    SAVED("pid", struct saved_child, child.pid),
    SAVED("peer", struct saved_child, child.peer),
    SAVED("client", struct saved_child, child.client),
    SAVED("endpoint", struct saved_child, endpoint),
    SAVED("serial", struct saved_child, child.serial),
    SAVED("started", struct saved_child, child.started),
    SAVED("bytes", struct saved_child, child.bytes),
    SAVED_RANGE("phase", struct saved_child, child.phase, 0, CHILD_LEAVING),
    SAVED_RANGE(
	"cut", struct saved_child, child.kill_reason, 0, REASON_CRASHED),
    SAVED("cut-at", struct saved_child, child.kill_decided),
    SAVED("idle-timeout", struct saved_child, child.idle_timeout),
    SAVED("write-timeout", struct saved_child, child.write_timeout),
    SAVED("max-lifetime", struct saved_child, child.max_lifetime),
    SAVED("heard", struct saved_child, child.heard),
    SAVED("progress", struct saved_child, child.progress),
    SAVED("unanswered", struct saved_child, child.unanswered),
    SAVED("disturbed", struct saved_child, child.disturbed),
    SAVED("allowance", struct saved_child, child.allowance),
    SAVED("counted", struct saved_child, child.counted),
    SAVED("proxied", struct saved_child, child.proxied),
    SAVED("awaited", struct saved_child, child.header_pending),
    SAVED("named", struct saved_child, child.named),
    SAVED("source", struct saved_child, source),
    SAVED("clear", struct saved_child, rate_clear),
    SAVED_FD("pending", struct saved_child, pending),
    {0},
};

/* In the order of their lines: each may refer to those before it. */
enum kind {
	KIND_HANDOVER,
	KIND_SERVER,
	KIND_DURATIONS,
	KIND_BYTES,
	KIND_ENDPOINT,
	KIND_LISTENER,
	KIND_SOURCE,
	KIND_CHILD,
	NKINDS
};

static const struct saved_kind kinds[NKINDS] = {
    [KIND_HANDOVER] = {"handover", handover_fields},
    [KIND_SERVER] = {"server", server_fields},
    [KIND_DURATIONS] = {"durations", spread_fields},
    [KIND_BYTES] = {"bytes", spread_fields},
    [KIND_ENDPOINT] = {"endpoint", endpoint_fields},
    [KIND_LISTENER] = {"listener", listener_fields},
    [KIND_SOURCE] = {"source", source_fields},
    [KIND_CHILD] = {"child", child_fields},
};

/* ---- all of them -------------------------------------------------------- */

/* Returns false to end the walk. */
typedef bool
visitor(void *context, const struct saved_kind *kind, const void *object);

static bool
visit_child(const struct server *server, const struct child *child, int pending,
    visitor *visit, void *context)
{
	struct saved_child saved = {.child = *child, .pending = pending};

	saved.endpoint = (uint64_t)(child->endpoint - server->endpoints.items);
	if (child->source != NULL) {
		saved.source = child->source->prefix;
		saved.rate_clear = child->source->rate_clear;
	}
	return visit(context, &kinds[KIND_CHILD], &saved);
}

static bool
visit_children(const struct server *server, visitor *visit, void *context)
{
	/* This only reads the tree. */
	struct children *children =
	    (struct children *)(uintptr_t)&server->children;
	struct child *child = NULL;

	while ((child = children_next(children, child)) != NULL)
		if (!visit_child(server, child, -1, visit, context))
			return false;
	return server->acceptor.pending_fd == -1 ||
	       visit_child(server, server->acceptor.pending,
		   server->acceptor.pending_fd, visit, context);
}

/* Visits the sources without sessions; others are saved with their sessions. */
static bool
visit_sources(const struct server *server, visitor *visit, void *context)
{
	const struct source *source;
	int64_t now = clock_now();

	TAILQ_FOREACH(source, &server->sources.idle, idle)
	if (source->rate_clear > now &&
	    !visit(context, &kinds[KIND_SOURCE], source))
		return false;
	return true;
}

static bool
walk(const struct server *server, const struct handover *handover,
    visitor *visit, void *context)
{
	if (!visit(context, &kinds[KIND_HANDOVER], handover) ||
	    !visit(context, &kinds[KIND_SERVER], server) ||
	    !visit(
		context, &kinds[KIND_DURATIONS], &server->metrics.duration) ||
	    !visit(context, &kinds[KIND_BYTES], &server->metrics.bytes))
		return false;
	for (size_t i = 0; i < server->endpoints.count; i++)
		if (!visit(context, &kinds[KIND_ENDPOINT],
			&server->endpoints.items[i]))
			return false;
	for (size_t i = 0; i < server->listeners.count; i++)
		if (!visit(context, &kinds[KIND_LISTENER],
			&server->listeners.items[i]))
			return false;
	return visit_sources(server, visit, context) &&
	       visit_children(server, visit, context);
}

/* ---- writing ------------------------------------------------------------ */

void
state_describe(const struct server *server, struct handover *handover)
{
	(void)strlcpy(handover->version, VERSION, sizeof handover->version);
	(void)strlcpy(
	    handover->file, server->command->file, sizeof handover->file);
	notify_save(&server->notify, handover->notify);
	handover->dropped = log_dropped();
	handover->unreported = log_unreported();
	handover->keeper =
	    pidfile_save(handover->pidfile, sizeof handover->pidfile);
}

static bool
write_object(void *file, const struct saved_kind *kind, const void *object)
{
	saved_write(file, kind, object);
	return true;
}

bool
state_write(
    FILE *file, const struct server *server, const struct handover *handover)
{
	(void)fprintf(file, HEAD_FORMAT, MAJOR, MINOR, UINT64_C(0));
	(void)walk(server, handover, write_object, file);
	(void)fputs(LAST_LINE "\n", file);
	long size = ftell(file);
	if (size == -1 || fseek(file, 0, SEEK_SET) == -1)
		return false;
	(void)fprintf(file, HEAD_FORMAT, MAJOR, MINOR, (uint64_t)size);
	return fflush(file) == 0 && !ferror(file);
}

static bool
keep_object(void *keep, const struct saved_kind *kind, const void *object)
{
	return saved_keep(kind, object, *(const bool *)keep);
}

bool
state_keep(
    const struct server *server, const struct handover *handover, bool keep)
{
	return walk(server, handover, keep_object, &keep);
}

/* ---- reading ------------------------------------------------------------ */

static bool __attribute__((format(printf, 2, 3)))
fail(struct config_error *error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(error->text, sizeof error->text, format, ap);
	va_end(ap);
	return false;
}

/* Each returns NULL or what is wrong. */

static const char *
take_handover(struct server *server, struct handover *handover, char *line)
{
	(void)server;
	return saved_read(&kinds[KIND_HANDOVER], line, handover);
}

static const char *
take_server(struct server *server, struct handover *handover, char *line)
{
	const char *bad;

	/*
	 * server_init() has opened a pair, but sessions use that of the old
	 * program.
	 */
	reports_close(&server->reports);
	server->notify.fd = -1;
	bad = saved_read(&kinds[KIND_SERVER], line, server);
	if (bad != NULL)
		return bad;
	/* With room for those of addresses that are new in the settings. */
	size_t count = server->endpoints.count;
	server->endpoints.count = 0;
	if (count > ENDPOINTS_MAX)
		return "endpoints";
	free(server->endpoints.items);
	if (!endpoints_init(&server->endpoints, count + ENDPOINTS_NEW))
		return "endpoints";
	if (server->reports.receiving == -1 || server->reports.sending == -1)
		return "reports";
	return notify_restore(&server->notify, handover->notify) ? NULL
								 : "notify";
}

static const char *
take_durations(struct server *server, struct handover *handover, char *line)
{
	(void)handover;
	return saved_read(
	    &kinds[KIND_DURATIONS], line, &server->metrics.duration);
}

static const char *
take_bytes(struct server *server, struct handover *handover, char *line)
{
	(void)handover;
	return saved_read(&kinds[KIND_BYTES], line, &server->metrics.bytes);
}

static const char *
take_endpoint(struct server *server, struct handover *handover, char *line)
{
	struct endpoint saved = {.sessions = 0};
	const char *bad = saved_read(&kinds[KIND_ENDPOINT], line, &saved);
	size_t count = server->endpoints.count;

	(void)handover;
	if (bad != NULL)
		return bad;
	struct endpoint *endpoint =
	    endpoints_get(&server->endpoints, saved.name);
	if (endpoint == NULL || server->endpoints.count == count)
		return "name";
	*endpoint = saved;
	return NULL;
}

static const char *
take_listener(struct server *server, struct handover *handover, char *line)
{
	struct listener listener = {.fd = -1, .outdated = true};
	const char *bad = saved_read(&kinds[KIND_LISTENER], line, &listener);

	(void)handover;
	if (bad != NULL)
		return bad;
	if (listener.fd == -1 || listener.addr.family == AF_UNSPEC)
		return "fd";
	return listeners_add(&server->listeners, &listener) ? NULL : "memory";
}

/* The source of that prefix, made if need be. */
static struct source *
restore_source(
    struct server *server, const struct prefix *prefix, int64_t rate_clear)
{
	struct addr addr = {.family = prefix->family};

	memcpy(addr.bytes, prefix->bytes, sizeof addr.bytes);
	struct source *source = sources_get(
	    &server->sources, &addr, prefix->length, prefix->length, 0);
	if (source->rate_clear < rate_clear)
		source->rate_clear = rate_clear;
	return source;
}

static const char *
take_source(struct server *server, struct handover *handover, char *line)
{
	struct source source = {0};
	const char *bad = saved_read(&kinds[KIND_SOURCE], line, &source);

	(void)handover;
	if (bad != NULL)
		return bad;
	if (source.prefix.family == AF_UNSPEC)
		return "prefix";
	(void)restore_source(server, &source.prefix, source.rate_clear);
	return NULL;
}

/* The rules that hold for a child in the table; see children.h. */
static const char *
wrong_child(struct server *server, const struct saved_child *saved)
{
	const struct child *child = &saved->child;
	bool pending = saved->pending != -1;

	if (child->pid < 0 || (child->pid == 0) != pending ||
	    (!pending && children_find(&server->children, child->pid) != NULL))
		return "pid";
	if (pending && server->acceptor.pending_fd != -1)
		return "pending";
	if (child->peer.family == AF_UNSPEC)
		return "peer";
	if (saved->endpoint >= server->endpoints.count)
		return "endpoint";
	if (child->named && child->client.family == AF_UNSPEC)
		return "client";
	if (child->header_pending && !child->proxied)
		return "awaited";
	if (pending && child->phase != CHILD_SERVING)
		return "phase";
	return NULL;
}

static void
settle(struct server *server, struct child *child, enum child_phase phase)
{
	children_commit(&server->children, child, child->pid);
	child->endpoint->sessions++;
	if (child->header_pending)
		proxied_expect(server, child);
	children_move(&server->children, child, phase);
}

static const char *
take_child(struct server *server, struct handover *handover, char *line)
{
	struct saved_child saved = {.pending = -1};
	const char *bad = saved_read(&kinds[KIND_CHILD], line, &saved);
	struct child *child;

	(void)handover;
	if (bad == NULL)
		bad = wrong_child(server, &saved);
	if (bad != NULL)
		return bad;
	child = children_reserve(
	    &server->children, &saved.child.peer, saved.child.started);
	if (child == NULL)
		return "more than there is room for";
	*child = saved.child;
	child->phase = CHILD_SERVING; /* as of one in no queue */
	child->endpoint = &server->endpoints.items[saved.endpoint];
	if (saved.source.family != AF_UNSPEC) {
		child->source =
		    restore_source(server, &saved.source, saved.rate_clear);
		sources_hold(&server->sources, child->source);
	}
	if (saved.pending != -1)
		acceptor_resume(server, saved.pending, child);
	else
		settle(server, child, saved.child.phase);
	return NULL;
}

typedef const char *take(struct server *, struct handover *, char *line);

static take *const takers[NKINDS] = {
    [KIND_HANDOVER] = take_handover,
    [KIND_SERVER] = take_server,
    [KIND_DURATIONS] = take_durations,
    [KIND_BYTES] = take_bytes,
    [KIND_ENDPOINT] = take_endpoint,
    [KIND_LISTENER] = take_listener,
    [KIND_SOURCE] = take_source,
    [KIND_CHILD] = take_child,
};

/* Lines of kinds that are not known are skipped. */
static bool
take_line(struct server *server, struct handover *handover, char *line,
    unsigned seen[NKINDS], struct config_error *error)
{
	bool later = false;

	for (int kind = NKINDS - 1; kind >= 0; kind--) {
		if (!saved_is(&kinds[kind], line)) {
			later |= seen[kind] > 0;
			continue;
		}
		bool again = seen[kind]++ > 0;
		if (later || (again && kind <= KIND_BYTES))
			return fail(
			    error, "state: %s: out of order", kinds[kind].name);
		const char *bad = takers[kind](server, handover, line);
		return bad == NULL ||
		       fail(error, "state: %s: %s", kinds[kind].name, bad);
	}
	return true;
}

/* The next line without its newline, or NULL; counts its bytes. */
static char *
next_line(FILE *file, char **buffer, size_t *room, uint64_t *size)
{
	ssize_t length = getline(buffer, room, file);

	if (length <= 0 || (*buffer)[length - 1] != '\n')
		return NULL;
	*size += (uint64_t)length;
	(*buffer)[length - 1] = '\0';
	return strlen(*buffer) == (size_t)length - 1 ? *buffer : NULL;
}

/* "echod-state 1.0 size=00000000000000001234" */
static bool
parse_head(const char *line, long *major, long *minor, uint64_t *size)
{
	static const char kind[] = "echod-state ", before[] = " size=";
	char *next;

	if (strncmp(line, kind, sizeof kind - 1) != 0)
		return false;
	*major = strtol(line + sizeof kind - 1, &next, 10);
	if (*next != '.')
		return false;
	*minor = strtol(next + 1, &next, 10);
	if (strncmp(next, before, sizeof before - 1) != 0)
		return false;
	*size = strtoull(next + sizeof before - 1, &next, 10);
	return *next == '\0';
}

static bool
read_lines(FILE *file, char **buffer, struct server *server,
    struct handover *handover, struct config_error *error)
{
	uint64_t promised, size = 0;
	unsigned seen[NKINDS] = {0};
	size_t room = 0;
	long major, minor;
	char *line = next_line(file, buffer, &room, &size);

	if (line == NULL || !parse_head(line, &major, &minor, &promised))
		return fail(error, "state: not one of echod");
	if (major != MAJOR)
		return fail(error, "state: of version %ld.%ld, not %d", major,
		    minor, MAJOR);
	while ((line = next_line(file, buffer, &room, &size)) != NULL &&
	       strcmp(line, LAST_LINE) != 0)
		if (!take_line(server, handover, line, seen, error))
			return false;
	if (line == NULL || size != promised || getc(file) != EOF)
		return fail(error, "state: not %" PRIu64 " bytes", promised);
	if (seen[KIND_HANDOVER] == 0 || seen[KIND_SERVER] == 0)
		return fail(error, "state: without its first lines");
	return true;
}

bool
state_read(FILE *file, struct server *server, struct handover *handover,
    struct config_error *error)
{
	char *buffer = NULL;

	*handover = (struct handover){.keeper = -1};
	bool good = read_lines(file, &buffer, server, handover, error);
	free(buffer);
	return good;
}
