/* SPDX-License-Identifier: ISC */

#include "parent/acceptor.h"

#include <errno.h>
#include <unistd.h>

#include <bsd/string.h>

#include "child/session.h"
#include "common/clock.h"
#include "parent/log/client_names.h"
#include "parent/log/events.h"
#include "parent/log/log.h"
#include "parent/server.h"
#include "parent/sessions/admission.h"

enum {
	/*
	 * Clients accepted in one turn, by all listeners together; then the
	 * loop handles signals and timers.
	 */
	BATCH = 64
};

#define TITLE "echod: " /* the client follows */

#define ACCEPT_DELAY   (100 * MSEC)
#define FORK_DELAY_MIN (10 * MSEC)
#define FORK_DELAY_MAX (500 * MSEC)

bool
acceptor_is_open(const struct server *server)
{
	return server->acceptor.pending_fd == -1 &&
	       !timer_is_set(&server->acceptor.accept_again) &&
	       server->children.count < (size_t)server->config.max_children;
}

uint64_t
acceptor_count_refusal(struct server *server, const struct prefix *source,
    enum verdict verdict, struct endpoint *endpoint, int64_t now)
{
	server->refused++;
	endpoint->refused[verdict]++;
	return throttles_refused(&server->throttles, source,
	    admission_reason(verdict), endpoint->name, now);
}

/*
 * Looks up the source of an address, by the prefix lengths that are configured.
 */
static struct source *
source_of(struct server *server, const struct addr *addr, int64_t now)
{
	return sources_get(&server->sources, addr,
	    (unsigned)server->config.source_prefix_v4,
	    (unsigned)server->config.source_prefix_v6, now);
}

/* The fork failed.  The client keeps its slot until the next try. */
static void
postpone(struct server *server, int fd, struct child *child, int error)
{
	struct acceptor *acceptor = &server->acceptor;
	int64_t now = clock_now(), delay = acceptor->fork_delay * 2;

	if (delay < FORK_DELAY_MIN)
		delay = FORK_DELAY_MIN;
	if (delay > FORK_DELAY_MAX)
		delay = FORK_DELAY_MAX;
	acceptor->fork_delay = delay;
	timer_set(&acceptor->fork_again, now + delay);
	acceptor->pending_fd = fd;
	acceptor->pending = child;
	server->metrics.fork_errors++;
	throttles_failed(&server->throttles, THROTTLED_FORK, error, now);
}

static void
spawn(struct server *server, int fd, struct child *child)
{
	char title[sizeof TITLE + ADDR_STRLEN] = TITLE;
	struct client_name name;
	struct session session = {
	    .fd = fd,
	    .reports = server->inbox.sending,
	    .serial = child->serial,
	    .parent = server->pid,
	    .title = title,
	    .sandbox = server->sandbox,
	    .own_filter = child->proxied,
	    .max_lifetime = server->config.max_lifetime,
	    .proxied = child->proxied,
	};
	client_name(&name, &child->peer);
	(void)strlcat(title, name.whole, sizeof title);
	/*
	 * _Fork() skips libc's handlers: with one thread, and without malloc in
	 * the child, no lock of libc can be held.
	 */
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
	child->endpoint->accepted++;
	child->endpoint->sessions++;
	server->acceptor.fork_delay = 0;
	if (child->proxied)
		proxied_expect(&server->proxied, child);
	event_accepted(child);
}

void
acceptor_admit(struct server *server, int fd, const struct addr *peer,
    struct endpoint *endpoint)
{
	const struct config *config = &server->config;
	int64_t now = clock_now();
	struct source *source = source_of(server, peer, now);
	struct account account = {source->sessions, source->rate_clear};
	enum verdict verdict = admission_check(config, peer, account, now);

	if (verdict != ADMITTED) {
		(void)close(fd);
		(void)acceptor_count_refusal(
		    server, &source->prefix, verdict, endpoint, now);
		return;
	}
	struct child *child = children_reserve(&server->children, peer, now);
	if (child == NULL) { /* cannot happen: acceptor_is_open() has checked */
		(void)close(fd);
		return;
	}
	child->endpoint = endpoint;
	child->serial = (uint32_t)server->served;
	limits_begin(&server->limits, config, child);
	child->proxied = config->proxy_protocol == PROXY_REQUIRED;
	if (!child->proxied) {
		source->rate_clear = admission_charge(
		    &config->rate_per_source, source->rate_clear, now);
		sources_hold(&server->sources, source);
		child->source = source;
	}
	spawn(server, fd, child);
}

void
acceptor_charge(struct server *server, struct child *child, int64_t now)
{
	const struct config *config = &server->config;
	struct source *source = source_of(server, &child->client, now);

	if (config->max_per_source != 0 &&
	    source->sessions >= config->max_per_source) {
		(void)acceptor_count_refusal(server, &source->prefix,
		    REFUSED_SESSIONS, child->endpoint, now);
		kills_at_once(&server->kills, child, REASON_REFUSED);
		return;
	}
	sources_hold(&server->sources, source);
	child->source = source;
}

static void
exhausted(struct server *server, int error)
{
	int64_t now = clock_now();

	timer_set(&server->acceptor.accept_again, now + ACCEPT_DELAY);
	server->metrics.accept_errors++;
	throttles_failed(&server->throttles, THROTTLED_ACCEPT, error, now);
}

/* Returns whether more clients may be queued. */
static bool
accept_one(struct server *server, struct listener *listener)
{
	struct addr peer;
	int fd;

	switch (listener_accept(listener, &fd, &peer)) {
	case ACCEPTED_PEER:
		if (listener->outdated)
			listener_refresh_socket(listener, fd, &server->config);
		acceptor_admit(server, fd, &peer, listener->endpoint);
		return true;
	case ACCEPTED_GONE:
		return true;
	case ACCEPTED_NOBODY:
		if (!server->drain.stopping)
			listener->outdated = false; /* the queue is empty */
		return false;
	case ACCEPTED_EXHAUSTED:
		exhausted(server, errno);
		return false;
	case ACCEPTED_BROKEN:
		break;
	}
	log_fatal("cannot accept");
}

bool
acceptor_accept(
    struct server *server, struct listener *listener, size_t sharing)
{
	size_t batch = sharing < BATCH ? BATCH / sharing : 1;

	for (size_t i = 0; i < batch && acceptor_is_open(server); i++)
		if (!accept_one(server, listener))
			return !acceptor_is_open(server);
	return true;
}

void
acceptor_resume(struct server *server, int fd, struct child *child)
{
	server->acceptor.pending_fd = fd;
	server->acceptor.pending = child;
	timer_set(&server->acceptor.fork_again, child->started);
}

void
acceptor_abandon(struct server *server)
{
	struct acceptor *acceptor = &server->acceptor;

	if (acceptor->pending_fd == -1)
		return;
	(void)close(acceptor->pending_fd);
	acceptor->pending_fd = -1;
	timer_clear(&acceptor->fork_again);
	sources_drop(&server->sources, acceptor->pending->source);
	children_release(&server->children, acceptor->pending);
}

/* ---- timers ------------------------------------------------------------- */

static void
fork_again(struct server *server, int64_t now)
{
	int fd = server->acceptor.pending_fd;

	(void)now;
	server->acceptor.pending_fd = -1;
	spawn(server, fd, server->acceptor.pending);
}

void
acceptor_init(struct server *server)
{
	struct acceptor *acceptor = &server->acceptor;

	acceptor->pending_fd = -1;
	timers_add(&server->timers, &acceptor->fork_again, fork_again);
}
