/* SPDX-License-Identifier: ISC */

/* Runs in the parent, up to the fork. */

#include "parent/acceptor.h"

#include <errno.h>
#include <unistd.h>

#include <bsd/string.h>

#include "child/session.h"
#include "common/clock.h"
#include "parent/log/client_names.h"
#include "parent/log/events.h"
#include "parent/log/log.h"
#include "parent/sessions/admission.h"
#include "parent/sessions/proxied.h"

enum {
	/* So that signals and timers are seen to under any load. */
	BATCH = 64
};

#define TITLE "echod: " /* the client follows */

#define ACCEPT_DELAY   (100 * MSEC)
#define FORK_DELAY_MIN (10 * MSEC)
#define FORK_DELAY_MAX (500 * MSEC)
#define REFUSALS_SPAN  (REFUSALS_PERIOD * SEC)
#define TROUBLE_SPAN   (TROUBLE_PERIOD * SEC)

bool
acceptor_is_open(const struct server *server)
{
	return server->pending_fd == -1 && server->due[TIMER_ACCEPT] == 0 &&
	       server->children.count < (size_t)server->config.max_children;
}

uint64_t
acceptor_count_refusal(struct server *server, const struct prefix *source,
    const char *reason, int64_t now)
{
	if (server->due[TIMER_REFUSALS] == 0)
		server->due[TIMER_REFUSALS] = now + REFUSALS_SPAN;
	return refusals_add(&server->refusals, source, reason);
}

struct source *
acceptor_source(struct server *server, const struct addr *addr, int64_t now)
{
	return sources_get(&server->sources, addr,
	    (unsigned)server->config.source_prefix_v4,
	    (unsigned)server->config.source_prefix_v6, now);
}

/* The client keeps its place until the next try. */
static void
postpone(struct server *server, int fd, struct child *child, int error)
{
	int64_t now = clock_now(), delay = server->fork_delay * 2;

	if (delay < FORK_DELAY_MIN)
		delay = FORK_DELAY_MIN;
	if (delay > FORK_DELAY_MAX)
		delay = FORK_DELAY_MAX;
	server->fork_delay = delay;
	server->due[TIMER_FORK] = now + delay;
	server->pending_fd = fd;
	server->pending = child;
	if (trouble_note(&server->fork_trouble, error))
		server->due[TIMER_FORK_TROUBLE] = now + TROUBLE_SPAN;
}

static void
spawn(struct server *server, int fd, struct child *child)
{
	char title[sizeof TITLE + ADDR_STRLEN] = TITLE;
	struct client_name name;
	struct session session = {
	    .fd = fd,
	    .parent = server->pid,
	    .title = title,
	    .line = children_line(&server->children, child),
	    .departures = &server->children.board->departures,
	    .number = children_number(&server->children, child),
	    .sandbox = server->sandbox,
	    .max_lifetime = server->config.max_lifetime,
	    .proxied = child->proxied,
	};
	client_name(&name, &child->peer);
	(void)strlcat(title, name.whole, sizeof title);
	/* No libc locks to see to: one thread, and a child without malloc. */
	pid_t pid = _Fork();

	if (pid == 0)
		session_run(&session);
	if (pid == -1) {
		postpone(server, fd, child, errno);
		return;
	}
	children_commit(&server->children, child, pid);
	(void)close(fd);
	server->served++;
	server->fork_delay = 0;
	if (child->proxied)
		proxied_expect(server, child);
	event_accepted(child);
}

void
acceptor_admit(struct server *server, int fd, const struct addr *peer)
{
	const struct config *config = &server->config;
	int64_t now = clock_now();
	struct source *source = acceptor_source(server, peer, now);
	struct account account = {source->sessions, source->rate_clear};
	enum verdict verdict = admission_check(config, peer, account, now);

	if (verdict != ADMITTED) {
		(void)close(fd);
		(void)acceptor_count_refusal(
		    server, &source->prefix, admission_reason(verdict), now);
		return;
	}
	struct child *child = children_reserve(&server->children, peer, now);
	if (child == NULL) { /* acceptor_is_open() has left a place */
		(void)close(fd);
		return;
	}
	child->proxied = config->proxy_protocol == PROXY_REQUIRED;
	if (!child->proxied) {
		source->rate_clear = admission_charge(
		    &config->rate_per_source, source->rate_clear, now);
		sources_hold(&server->sources, source);
		child->source = source;
	}
	spawn(server, fd, child);
}

static void
exhausted(struct server *server, int error)
{
	int64_t now = clock_now();

	server->due[TIMER_ACCEPT] = now + ACCEPT_DELAY;
	if (trouble_note(&server->accept_trouble, error))
		server->due[TIMER_ACCEPT_TROUBLE] = now + TROUBLE_SPAN;
}

/* Returns whether there may be more clients to accept. */
static bool
accept_one(struct server *server, struct listener *listener)
{
	struct addr peer;
	int fd;

	switch (listener_accept(listener, &fd, &peer)) {
	case ACCEPTED_PEER:
		if (listener->stale)
			listener_refresh_socket(listener, fd, &server->config);
		acceptor_admit(server, fd, &peer);
		return true;
	case ACCEPTED_GONE:
		return true;
	case ACCEPTED_NOBODY:
		if (!server->stopping)
			listener->stale = false; /* all older are taken */
		return false;
	case ACCEPTED_EXHAUSTED:
		exhausted(server, errno);
		return false;
	case ACCEPTED_BROKEN:
		break;
	}
	log_fatal("cannot accept");
}

void
acceptor_accept(struct server *server, struct listener *listener)
{
	for (int i = 0; i < BATCH && acceptor_is_open(server); i++)
		if (!accept_one(server, listener))
			break;
}

void
acceptor_last(struct server *server)
{
	for (size_t i = 0; i < server->listeners.count; i++)
		for (int64_t n = 0; n < server->config.backlog; n++)
			if (!acceptor_is_open(server) ||
			    !accept_one(server, &server->listeners.items[i]))
				break;
}

void
acceptor_retry(struct server *server, int64_t now)
{
	int fd = server->pending_fd;

	(void)now;
	server->pending_fd = -1;
	spawn(server, fd, server->pending);
}

void
acceptor_abandon(struct server *server)
{
	if (server->pending_fd == -1)
		return;
	(void)close(server->pending_fd);
	server->pending_fd = -1;
	server->due[TIMER_FORK] = 0;
	sources_drop(&server->sources, server->pending->source);
	children_release(&server->children, server->pending);
}
