/* SPDX-License-Identifier: ISC */

/* Programs read these lines: each is here as it is in echod(8). */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/unit.h"
#include "common/clock.h"
#include "parent/log/events.h"
#include "parent/log/log.h"
#include "parent/sessions/endpoints.h"

#define START (1000 * SEC)
#define END   (START + 12345 * MSEC)

static struct addr
endpoint(const char *text)
{
	struct addr addr;

	assert_null(addr_parse(text, &addr));
	return addr;
}

static struct endpoint listener = {.name = "*:7"};

static struct child
session_of(const char *peer, uint64_t bytes)
{
	return (struct child){.peer = endpoint(peer),
	    .endpoint = &listener,
	    .pid = 4242,
	    .started = START,
	    .bytes = bytes,
	    .counted = true};
}

static int
log_everything(void **state)
{
	(void)state;
	log_configure(LOG_DEBUG, LOG_DAEMON);
	return 0;
}

static int
log_as_by_default(void **state)
{
	(void)state;
	log_configure(LOG_INFO, LOG_DAEMON);
	return 0;
}

/* ---- the service --------------------------------------------------------- */

static void
listening(void **state)
{
	struct addr v4 = endpoint("127.0.0.1:7007"), v6 = endpoint("[::]:7");

	(void)state;
	capture_start();
	event_listening(&v4);
	event_listening(&v6);
	assert_string_equal(capture_end(),
	    "echod: listening on 127.0.0.1:7007\n"
	    "echod: listening on [::]:7\n");
}

static void
sandbox(void **state)
{
	(void)state;
	capture_start();
	event_sandbox(SANDBOX_STRICT, 0);
	event_sandbox(SANDBOX_FILTER, 4);
	event_sandbox(SANDBOX_OFF, 0);
	assert_string_equal(capture_end(), "echod: sandbox strict\n"
					   "echod: sandbox filter landlock=4\n"
					   "echod: sandbox off\n");
}

static void
ready_stopping_stopped(void **state)
{
	(void)state;
	capture_start();
	event_ready();
	event_stopping(3);
	event_stopped();
	assert_string_equal(capture_end(), "echod: ready\n"
					   "echod: stopping children=3\n"
					   "echod: stopped\n");
}

static void
reloads(void **state)
{
	(void)state;
	capture_start();
	event_reloaded("/etc/echod.conf");
	event_reload_failed("/etc/echod.conf:1: unknown key \"x\"");
	event_needs_restart("listen");
	assert_string_equal(capture_end(),
	    "echod: reloaded /etc/echod.conf\n"
	    "echod: reload failed, settings unchanged: /etc/echod.conf:1: "
	    "unknown key \"x\"\n"
	    "echod: listen has changed: restart to use it\n");
}

static void
status(void **state)
{
	const struct totals totals = {3, 1045, 37, 73400320};
	const struct totals most = {
	    SIZE_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};

	(void)state;
	capture_start();
	event_status(&totals);
	event_status(&most);
	assert_string_equal(capture_end(),
	    "echod: status children=3 served=1045 refused=37 bytes=73400320\n"
	    "echod: status children=18446744073709551615 "
	    "served=18446744073709551615 refused=18446744073709551615 "
	    "bytes=18446744073709551615\n");
}

/* ---- sessions ------------------------------------------------------------ */

static void
accepted(void **state)
{
	struct child child = session_of("192.0.2.1:51234", 0);

	(void)state;
	capture_start();
	event_accepted(&child);
	assert_string_equal(capture_end(),
	    "echod: accepted 192.0.2.1:51234 pid=4242 listener=*:7\n");
}

static void
accepted_is_for_debugging(void **state)
{
	struct child child = session_of("192.0.2.1:51234", 0);

	(void)state;
	capture_start();
	event_accepted(&child);
	assert_string_equal(capture_end(), "");
}

static const char *
closed(enum reason reason, int signo)
{
	struct child child = session_of("192.0.2.1:51234", 1048576);

	capture_start();
	event_closed(&child, reason, signo, END);
	return capture_end();
}

static const struct {
	enum reason reason;
	int signo;
	const char *end; /* of the line */
} endings[] = {
    {REASON_CLIENT, 0, "client"},
    {REASON_IDLE, 0, "idle"},
    {REASON_STALLED, 0, "stalled"},
    {REASON_RESET, 0, "reset"},
    {REASON_LIFETIME, 0, "lifetime"},
    {REASON_SHUTDOWN, 0, "shutdown"},
    {REASON_KILLED, SIGKILL, "killed"},
    {REASON_PROXY, 0, "proxy-header"},
    {REASON_PROXY, SIGKILL, "proxy-header"},
    {REASON_CRASHED, 0, "crashed"},
    {REASON_CRASHED, SIGSYS, "crashed signal=31"},
    {REASON_CRASHED, SIGSEGV, "crashed signal=11"},
};

static void
closed_with_every_reason(void **state)
{
	char line[200];

	(void)state;
	for (size_t i = 0; i < COUNT(endings); i++) {
		(void)snprintf(line, sizeof line,
		    "echod: closed 192.0.2.1:51234 pid=4242 bytes=1048576 "
		    "duration=12.345 reason=%s listener=*:7\n",
		    endings[i].end);
		assert_string_equal(
		    closed(endings[i].reason, endings[i].signo), line);
	}
}

static void
closed_unconfined_says_so(void **state)
{
	(void)state;
	assert_string_equal(closed(REASON_SANDBOX, 0),
	    "echod: session 4242 could not be confined\n"
	    "echod: closed 192.0.2.1:51234 pid=4242 bytes=1048576 "
	    "duration=12.345 reason=crashed listener=*:7\n");
}

static void
closed_behind_a_proxy_names_both(void **state)
{
	struct child child = session_of("[2001:db8::1]:51234", 5);

	(void)state;
	child.named = true;
	child.client = endpoint("203.0.113.9:4711");
	capture_start();
	event_closed(&child, REASON_CLIENT, 0, START);
	event_session(&child, END);
	assert_string_equal(capture_end(),
	    "echod: closed 203.0.113.9:4711 via [2001:db8::1]:51234 pid=4242 "
	    "bytes=5 duration=0.000 reason=client listener=*:7\n"
	    "echod: session 203.0.113.9:4711 via [2001:db8::1]:51234 pid=4242 "
	    "bytes=5 duration=12.345 listener=*:7\n");
}

static void
session(void **state)
{
	struct child child = session_of("192.0.2.1:51234", 17);

	(void)state;
	capture_start();
	event_session(&child, START + 365 * 24 * 3600 * SEC);
	assert_string_equal(capture_end(),
	    "echod: session 192.0.2.1:51234 pid=4242 bytes=17 "
	    "duration=31536000.000 listener=*:7\n");
}

static void
a_count_that_was_not_reported_is_unknown(void **state)
{
	struct child child = session_of("192.0.2.1:51234", 17);

	(void)state;
	child.counted = false;
	capture_start();
	event_closed(&child, REASON_CRASHED, SIGSEGV, END);
	event_session(&child, END);
	assert_string_equal(capture_end(),
	    "echod: closed 192.0.2.1:51234 pid=4242 bytes=unknown "
	    "duration=12.345 reason=crashed signal=11 listener=*:7\n"
	    "echod: session 192.0.2.1:51234 pid=4242 bytes=unknown "
	    "duration=12.345 listener=*:7\n");
}

/* ---- how important they are ---------------------------------------------- */

static const char *
everything_at(int level)
{
	struct child child = session_of("192.0.2.1:51234", 0);

	log_configure(level, LOG_DAEMON);
	capture_start();
	event_accepted(&child);
	event_closed(&child, REASON_CLIENT, 0, END);
	event_ready();
	event_closed(&child, REASON_CRASHED, SIGSEGV, END);
	event_reload_failed("why");
	return capture_end();
}

static void
a_level_shows_what_is_as_important(void **state)
{
	(void)state;
	const char *text = everything_at(LOG_INFO);
	assert_null(strstr(text, "accepted"));
	assert_non_null(strstr(text, "reason=client"));
	text = everything_at(LOG_NOTICE);
	assert_null(strstr(text, "reason=client"));
	assert_non_null(strstr(text, "ready"));
	text = everything_at(LOG_WARNING);
	assert_null(strstr(text, "ready"));
	assert_non_null(strstr(text, "reason=crashed signal=11"));
	text = everything_at(LOG_ERR);
	assert_null(strstr(text, "crashed"));
	assert_non_null(strstr(text, "reload failed"));
}

#define VERBOSE(name)                                                          \
	cmocka_unit_test_setup_teardown(name, log_everything, log_as_by_default)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(listening),
	    cmocka_unit_test(sandbox),
	    cmocka_unit_test(ready_stopping_stopped),
	    cmocka_unit_test(reloads),
	    cmocka_unit_test(status),
	    VERBOSE(accepted),
	    cmocka_unit_test(accepted_is_for_debugging),
	    cmocka_unit_test(closed_with_every_reason),
	    cmocka_unit_test(closed_unconfined_says_so),
	    cmocka_unit_test(closed_behind_a_proxy_names_both),
	    cmocka_unit_test(session),
	    cmocka_unit_test(a_count_that_was_not_reported_is_unknown),
	    VERBOSE(a_level_shows_what_is_as_important),
	};

	return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}
