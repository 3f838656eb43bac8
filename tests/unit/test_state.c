/* SPDX-License-Identifier: ISC */

#include <sys/socket.h>

#include <stdio.h>
#include <stdlib.h>

#include "../support/unit.h"
#include "common/clock.h"
#include "parent/server.h"
#include "parent/settings/command_line.h"
#include "parent/upgrade/restore.h"
#include "parent/upgrade/state.h"

/*
 * A state of version 1.0 as a program wrote it.  Sessions must survive from
 * it to every later version: add states, never change one.
 */
static const char frozen[] =
    "echod-state 1.0 size=00000000000000000000\n"
    "handover version=1.0 began=5000000000 file=/etc/echod%20x.conf sandbox=2 "
    "dropped=7 unreported=2 pidfile=/run/echod.pid keeper=6\n"
    "server served=1000 bytes=123456 refused=9 confined=2 reports=7 "
    "reporters=8 notify=-1 endpoints=2 started=1700000000 upgrades=4\n"
    "durations sum=5000 0=1 9=2\n"
    "bytes sum=123 3=3\n"
    "endpoint name=*:7 accepted=12 bytes=99 client=8 crashed=1 by-rate=2\n"
    "endpoint name=192.0.2.1:7 accepted=1\n"
    "listener fd=3 addr=00000000/0/7 asked=/0/7 any=1\n"
    "listener fd=4 addr=00000000000000000000000000000000/0/7 asked=/0/7 any=1\n"
    "source prefix=20010db8000000000000000000000000/64 "
    "clear=9000000000000000000\n"
    "child endpoint=1 pid=4242 peer=7f000001/0/51234 serial=998 "
    "started=1000000000 "
    "bytes=4096 idle-timeout=300000000000 write-timeout=30000000000 "
    "heard=1000000000 progress=1000000000 allowance=16 "
    "source=7f000001/32 clear=9000000000000000001 pending=-1\n"
    "child pid=4243 peer=c0000201/0/33012 client=cb007109/0/4711 "
    "serial=999 started=2000000000 bytes=64 phase=2 cut=9 cut-at=2500000000 "
    "unanswered=1 disturbed=1 allowance=3 counted=1 proxied=1 named=1 "
    "source=cb007109/32 pending=-1\n"
    "child peer=7f000002/0/1 serial=1000 started=3000000000 allowance=16 "
    "pending=9\n"
    "later name=value\n"
    "end\n";

/* What comes first, and what a child needs before it. */
#define HEAD "echod-state 1.0 size=00000000000000000000\n"
#define ENDPOINT                                                               \
	"handover\nserver reports=4 reporters=5 notify=-1 endpoints=1\n"       \
	"endpoint name=*:7\n"

static struct server *
new_server(void)
{
	static const struct command_line command = {
	    .file = "/etc/echod x.conf"};
	struct server *server = calloc(1, sizeof *server);
	struct config_error error;

	assert_non_null(server);
	server->command = &command;
	server->notify.fd = -1;
	assert_true(config_defaults(&server->config, &error));
	server_init(server);
	return server;
}

/* With the size in its head that it has, if it is 0 there. */
static char *
sized(const char *state)
{
	static const char zero[] = "size=00000000000000000000";
	static char text[16384];
	char number[sizeof zero];
	char *place;

	(void)snprintf(text, sizeof text, "%s", state);
	place = strstr(text, zero);
	(void)snprintf(number, sizeof number, "size=%020zu", strlen(text));
	if (place != NULL)
		memcpy(place, number, sizeof zero - 1);
	return text;
}

static const char *
read_text(char *text, struct server *server, struct handover *handover)
{
	static struct config_error error;
	FILE *file = fmemopen(text, strlen(text), "r");

	assert_non_null(file);
	bool good = restore_state(file, server, handover, &error);
	(void)fclose(file);
	return good ? NULL : error.text;
}

static void
a_state_of_version_1_0_is_taken_over(void **state)
{
	struct server *server = new_server();
	struct handover handover;
	struct child *child;
	(void)state;

	assert_null(read_text(sized(frozen), server, &handover));
	assert_string_equal(handover.version, "1.0");
	assert_string_equal(handover.file, "/etc/echod x.conf");
	assert_int_equal(handover.keeper, 6);
	assert_int_equal(handover.unreported, 2);
	assert_int_equal(server->served, 1000);
	assert_int_equal(server->bytes, 123456);
	assert_int_equal(server->refused, 9);
	assert_int_equal(server->sandbox, SANDBOX_ON);
	assert_int_equal(server->inbox.receiving, 7);
	assert_int_equal(server->inbox.sending, 8);
	assert_int_equal(server->listeners.count, 2);
	assert_int_equal(server->listeners.items[1].fd, 4);
	assert_int_equal(server->listeners.items[1].asked.port, 7);
	assert_int_equal(server->children.count, 3);
	assert_int_equal(server->endpoints.items[0].closed[REASON_CLIENT], 8);
	assert_int_equal(server->endpoints.items[0].refused[REFUSED_RATE], 2);
	assert_int_equal(server->metrics.duration.buckets[9], 2);
	assert_int_equal(server->metrics.bytes.buckets[3], 3);
	assert_int_equal(server->sources.nidle, 1);
	child = children_find(&server->children, 4242);
	assert_non_null(child);
	assert_int_equal(child->bytes, 4096);
	assert_int_equal(child->serial, 998);
	assert_string_equal(child->endpoint->name, "192.0.2.1:7");
	assert_int_equal(child->endpoint->sessions, 1);
	assert_int_equal(child->allowance, 16);
	assert_int_equal(child->idle_timeout, 300 * SEC);
	assert_int_equal(child->source->sessions, 1);
	assert_true(child->source->rate_clear == 9000000000000000001);
	child = children_find(&server->children, 4243);
	assert_non_null(child);
	assert_true(child->named && child->proxied && child->disturbed);
	assert_int_equal(child->client.port, 4711);
	assert_int_equal(child->phase, CHILD_EXITING);
	assert_int_equal(child->kill_reason, REASON_KILLED);
	assert_ptr_equal(TAILQ_FIRST(&server->children.exiting), child);
	assert_int_equal(server->acceptor.pending_fd, 9);
	assert_int_equal(server->acceptor.pending->peer.bytes[3], 2);
}

static char *
written(struct server *server, const struct handover *handover)
{
	static char texts[2][16384];
	static unsigned which;
	char *text = texts[which++ % 2];
	FILE *file = fmemopen(text, sizeof texts[0], "w");

	assert_non_null(file);
	assert_true(state_write(file, server, handover));
	assert_int_equal(fclose(file), 0);
	return text;
}

static void
what_is_written_is_read_and_written_again(void **state)
{
	struct server *server = new_server(), *again = new_server();
	struct handover handover, taken;
	(void)state;

	assert_null(read_text(sized(frozen), server, &handover));
	char *text = written(server, &handover);
	assert_null(read_text(text, again, &taken));
	assert_string_equal(written(again, &taken), text);
}

static void
bad_states_are_refused(void **state)
{
	static const char *const bad[][2] = {
	    {"echod-state 2.0 size=00000000000000000000\nend\n",
		"of version 2.0"},
	    {"echod-state 1.0 size=00000000000000001000\nend\n", "bytes"},
	    {HEAD "end\nx", "bytes"},
	    {HEAD, "bytes"},
	    {HEAD "end\n", "first lines"},
	    {HEAD "handover\n"
		  "handover\nend\n",
		"handover: out of order"},
	    {HEAD "handover\n"
		  "server reports=4 reporters=-1\nend\n",
		"server: reports"},
	    {HEAD "listener fd=-1 addr=7f000001/0/7\nend\n", "listener: fd"},
	    {HEAD "source clear=1\nend\n", "source: prefix"},
	    {HEAD ENDPOINT "child pid=1\nend\n", "child: peer"},
	    {HEAD ENDPOINT "child peer=7f000001/0/1\nend\n", "child: pid"},
	    {HEAD ENDPOINT
		"child pid=5 peer=7f000001/0/1\nchild pid=5 peer=7f000001/0/1\n"
		"end\n",
		"child: pid"},
	    {HEAD ENDPOINT "child peer=7f000001/0/1 pending=5\n"
			   "child peer=7f000001/0/1 pending=6\nend\n",
		"child: pending"},
	    {HEAD ENDPOINT "child pid=5 peer=7f000001/0/1 named=1\nend\n",
		"child: client"},
	    {HEAD ENDPOINT "child pid=5 peer=7f000001/0/1 awaited=1\nend\n",
		"child: awaited"},
	    {HEAD ENDPOINT "child pid=5 peer=7f000001/0/1 phase=3\nend\n",
		"child: phase"},
	    {HEAD ENDPOINT "child pid=5 peer=7f000001/0/1 cut=12\nend\n",
		"child: cut"},
	    {HEAD ENDPOINT "server reports=4 reporters=5\nend\n",
		"server: out of order"},
	    {"x\n", "not one of echod"},
	};
	(void)state;

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct handover handover;
		const char *why =
		    read_text(sized(bad[i][0]), new_server(), &handover);
		if (why == NULL)
			fail_msg("taken: %s", bad[i][0]);
		assert_text_contains(why, bad[i][1]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_state_of_version_1_0_is_taken_over),
	    cmocka_unit_test(what_is_written_is_read_and_written_again),
	    cmocka_unit_test(bad_states_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
