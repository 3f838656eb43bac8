/* SPDX-License-Identifier: ISC */

#include "parent/upgrade/state.h"

#include <inttypes.h>

#include <bsd/string.h>

#include "common/clock.h"
#include "parent/log/log.h"
#include "parent/process/pidfile.h"
#include "parent/server.h"
#include "parent/settings/command_line.h"

#define HEAD_FORMAT "echod-state %d.%d size=%020" PRIu64 "\n"

/* ---- the objects of the server ------------------------------------------- */

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
	return visit(context, &object_kinds[KIND_CHILD], &saved);
}

static bool
visit_children(const struct server *server, visitor *visit, void *context)
{
	/* A cast away of const: children_next() only reads the tree. */
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
	    !visit(context, &object_kinds[KIND_SOURCE], source))
		return false;
	return true;
}

static bool
walk(const struct server *server, const struct handover *handover,
    visitor *visit, void *context)
{
	if (!visit(context, &object_kinds[KIND_HANDOVER], handover) ||
	    !visit(context, &object_kinds[KIND_SERVER], server) ||
	    !visit(context, &object_kinds[KIND_DURATIONS],
		&server->metrics.duration) ||
	    !visit(context, &object_kinds[KIND_BYTES], &server->metrics.bytes))
		return false;
	for (size_t i = 0; i < server->endpoints.count; i++)
		if (!visit(context, &object_kinds[KIND_ENDPOINT],
			&server->endpoints.items[i]))
			return false;
	for (size_t i = 0; i < server->listeners.count; i++)
		if (!visit(context, &object_kinds[KIND_LISTENER],
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
