/* SPDX-License-Identifier: ISC */

#include "parent/upgrade/restore.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "parent/server.h"

enum {
	ENDPOINTS_MAX = 65536,
	ENDPOINTS_NEW = 256
};

static bool __attribute__((format(printf, 2, 3)))
fail(struct config_error *error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(error->text, sizeof error->text, format, ap);
	va_end(ap);
	return false;
}

/* Each reads one line, and returns NULL or the name of the wrong field. */

static const char *
take_handover(struct server *server, struct handover *handover, char *line)
{
	(void)server;
	return saved_read(&object_kinds[KIND_HANDOVER], line, handover);
}

static const char *
take_server(struct server *server, struct handover *handover, char *line)
{
	const char *bad;

	/*
	 * Close the pair that server_init() has opened: the sessions use that
	 * of the old program.
	 */
	inbox_close(&server->inbox);
	server->notify.fd = -1;
	bad = saved_read(&object_kinds[KIND_SERVER], line, server);
	if (bad != NULL)
		return bad;
	/* Leave room for the addresses that are new in the settings. */
	size_t count = server->endpoints.count;
	server->endpoints.count = 0;
	if (count > ENDPOINTS_MAX)
		return "endpoints";
	free(server->endpoints.items);
	if (!endpoints_init(&server->endpoints, count + ENDPOINTS_NEW))
		return "endpoints";
	if (server->inbox.receiving == -1 || server->inbox.sending == -1)
		return "reports";
	return notify_restore(&server->notify, handover->notify) ? NULL
								 : "notify";
}

static const char *
take_durations(struct server *server, struct handover *handover, char *line)
{
	(void)handover;
	return saved_read(
	    &object_kinds[KIND_DURATIONS], line, &server->metrics.duration);
}

static const char *
take_bytes(struct server *server, struct handover *handover, char *line)
{
	(void)handover;
	return saved_read(
	    &object_kinds[KIND_BYTES], line, &server->metrics.bytes);
}

static const char *
take_endpoint(struct server *server, struct handover *handover, char *line)
{
	struct endpoint saved = {.sessions = 0};
	const char *bad =
	    saved_read(&object_kinds[KIND_ENDPOINT], line, &saved);
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
	const char *bad =
	    saved_read(&object_kinds[KIND_LISTENER], line, &listener);

	(void)handover;
	if (bad != NULL)
		return bad;
	if (listener.fd == -1 || listener.addr.family == AF_UNSPEC)
		return "fd";
	return listeners_add(&server->listeners, &listener) ? NULL : "memory";
}

/* Finds or adds the source of a prefix. */
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
	const char *bad = saved_read(&object_kinds[KIND_SOURCE], line, &source);

	(void)handover;
	if (bad != NULL)
		return bad;
	if (source.prefix.family == AF_UNSPEC)
		return "prefix";
	(void)restore_source(server, &source.prefix, source.rate_clear);
	return NULL;
}

/* Checks what must hold for a child in the table; see children.h. */
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
		proxied_expect(&server->proxied, child);
	children_move(&server->children, child, phase);
}

static const char *
take_child(struct server *server, struct handover *handover, char *line)
{
	struct saved_child saved = {.pending = -1};
	const char *bad = saved_read(&object_kinds[KIND_CHILD], line, &saved);
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
	child->phase = CHILD_SERVING; /* not in a queue yet */
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

/* Reads one line; skips lines of unknown kinds. */
static bool
take_line(struct server *server, struct handover *handover, char *line,
    unsigned seen[NKINDS], struct config_error *error)
{
	bool later = false;

	for (int kind = NKINDS - 1; kind >= 0; kind--) {
		if (!saved_is(&object_kinds[kind], line)) {
			later |= seen[kind] > 0;
			continue;
		}
		bool again = seen[kind]++ > 0;
		if (later || (again && kind <= KIND_BYTES))
			return fail(error, "state: %s: out of order",
			    object_kinds[kind].name);
		const char *bad = takers[kind](server, handover, line);
		return bad == NULL || fail(error, "state: %s: %s",
					  object_kinds[kind].name, bad);
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
restore_state(FILE *file, struct server *server, struct handover *handover,
    struct config_error *error)
{
	char *buffer = NULL;

	*handover = (struct handover){.keeper = -1};
	bool good = read_lines(file, &buffer, server, handover, error);
	free(buffer);
	return good;
}
