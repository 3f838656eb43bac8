/* SPDX-License-Identifier: ISC */

/* The table of lines, its three forms, and what echod(8) says of it. */

#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>

#include "../support/unit.h"
#include "common/clock.h"
#include "parent/log/client_names.h"
#include "parent/log/json.h"
#include "parent/log/record.h"

static struct client_name client, proxy;
static char source[ADDR_STRLEN];

static void
name_clients(enum log_clients how, unsigned v4, unsigned v6)
{
	struct addr addr;
	struct prefix prefix;

	client_names_configure(how, v4, v6);
	assert_null(addr_parse("[2001:db8:1:2::3]:4711", &addr));
	client_name(&client, &addr);
	assert_null(addr_parse("192.0.2.77:33012", &addr));
	client_name(&proxy, &addr);
	assert_null(prefix_parse("192.0.2.77", &prefix));
	(void)client_source_name(&prefix, source);
}

static int
name_clients_in_full(void **state)
{
	(void)state;
	name_clients(LOG_CLIENTS_FULL, 32, 64);
	return 0;
}

/* A value for each field there is. */
static struct fields
everything(void)
{
	return (struct fields){
	    .message = "words",
	    .client = &client,
	    .proxy = &proxy,
	    .source = source,
	    .address = "*:7",
	    .error = "why",
	    .file = "/etc/echod.conf",
	    .key = "user",
	    .listener = "*:7",
	    .operation = "fork",
	    .reason = "client",
	    .sandbox = "filter",
	    .bytes = 1048576,
	    .children = 3,
	    .count = 37,
	    .pid = 4242,
	    .refused = 5,
	    .served = 6,
	    .signal = 11,
	    .duration = 12345678901,
	    .period = 10 * SEC,
	};
}

static const char *
form(
    void (*put)(struct text *, const struct line_kind *, const struct fields *),
    enum line line, const struct fields *fields)
{
	static char buffer[RECORD_MAX + 1];
	struct text text = text_in(buffer, RECORD_MAX);

	put(&text, &line_kinds[line], fields);
	*text.at = '\0';
	return buffer;
}

static void
json(struct text *text, const struct line_kind *kind,
    const struct fields *fields)
{
	record_json(text, kind->level, kind, fields);
}

static void
journal(struct text *text, const struct line_kind *kind,
    const struct fields *fields)
{
	record_journal(text, kind->level, kind, fields);
}

/* Without the time. */
static const char *
json_of(enum line line, const struct fields *fields)
{
	const char *text = form(json, line, fields);

	assert_int_equal(strncmp(text, "{\"time\":\"2", 10), 0);
	assert_int_equal(strncmp(text + 35, "Z\",", 3), 0);
	return text + 38;
}

/* ---- the forms ----------------------------------------------------------- */

static void
three_forms_have_the_same_values(void **state)
{
	struct fields fields = everything();

	(void)state;
	assert_string_equal(form(record_text, LINE_CLOSED, &fields),
	    "closed [2001:db8:1:2::3]:4711 via 192.0.2.77:33012 pid=4242 "
	    "bytes=1048576 duration=12.345 reason=client signal=11 "
	    "listener=*:7");
	assert_string_equal(json_of(LINE_CLOSED, &fields),
	    "\"level\":\"info\",\"event\":\"closed\","
	    "\"client\":\"2001:db8:1:2::3\",\"client_port\":4711,"
	    "\"proxy\":\"192.0.2.77\",\"proxy_port\":33012,\"pid\":4242,"
	    "\"bytes\":1048576,\"duration\":12.345,\"reason\":\"client\","
	    "\"signal\":11,\"listener\":\"*:7\",\"message\":\"closed "
	    "[2001:db8:1:2::3]:4711 via "
	    "192.0.2.77:33012 pid=4242 bytes=1048576 duration=12.345 "
	    "reason=client signal=11 listener=*:7\"}");
	assert_string_equal(form(journal, LINE_CLOSED, &fields),
	    "MESSAGE=closed [2001:db8:1:2::3]:4711 via 192.0.2.77:33012 "
	    "pid=4242 bytes=1048576 duration=12.345 reason=client signal=11 "
	    "listener=*:7\n"
	    "PRIORITY=6\n"
	    "SYSLOG_IDENTIFIER=echod\n"
	    "MESSAGE_ID=4b08924b161841f4842e1fe61f882eb2\n"
	    "ECHOD_CLIENT=2001:db8:1:2::3\n"
	    "ECHOD_CLIENT_PORT=4711\n"
	    "ECHOD_PROXY=192.0.2.77\n"
	    "ECHOD_PROXY_PORT=33012\n"
	    "ECHOD_PID=4242\n"
	    "ECHOD_BYTES=1048576\n"
	    "ECHOD_DURATION=12.345\n"
	    "ECHOD_REASON=client\n"
	    "ECHOD_SIGNAL=11\n"
	    "ECHOD_LISTENER=*:7\n");
}

static void
a_field_without_a_value_is_left_out(void **state)
{
	struct fields fields = everything();

	(void)state;
	fields.proxy = NULL;
	fields.signal = 0;
	fields.bytes = 0;
	assert_string_equal(form(record_text, LINE_CLOSED, &fields),
	    "closed [2001:db8:1:2::3]:4711 pid=4242 bytes=0 duration=12.345 "
	    "reason=client listener=*:7");
	assert_null(strstr(json_of(LINE_CLOSED, &fields), "proxy"));
	assert_text_contains(
	    json_of(LINE_CLOSED, &fields), "\"bytes\":0,\"duration\"");
	assert_null(strstr(form(journal, LINE_CLOSED, &fields), "SIGNAL"));
	fields.bytes = BYTES_UNKNOWN;
	assert_non_null(
	    strstr(json_of(LINE_CLOSED, &fields), "\"bytes\":null,"));
	assert_non_null(strstr(
	    form(journal, LINE_CLOSED, &fields), "ECHOD_BYTES=unknown\n"));
}

static void
words_without_fields_are_a_message(void **state)
{
	struct fields fields = everything();

	(void)state;
	assert_string_equal(form(record_text, LINE_MESSAGE, &fields), "words");
	assert_string_equal(json_of(LINE_MESSAGE, &fields),
	    "\"level\":\"notice\",\"event\":\"message\","
	    "\"message\":\"words\"}");
	assert_string_equal(form(journal, LINE_MESSAGE, &fields),
	    "MESSAGE=words\nPRIORITY=5\nSYSLOG_IDENTIFIER=echod\n");
}

/* ---- hostile values ------------------------------------------------------ */

static void
a_newline_does_not_end_a_line(void **state)
{
	struct fields fields = {.error = "a\nPRIORITY=0\r\tb"};

	(void)state;
	assert_string_equal(form(record_text, LINE_RELOAD_FAILED, &fields),
	    "reload failed, settings unchanged: a PRIORITY=0  b");
	assert_text_contains(form(journal, LINE_RELOAD_FAILED, &fields),
	    "ECHOD_ERROR=a PRIORITY=0  b\n");
}

static const char *
escaped(const char *text, size_t max)
{
	static char buffer[100];
	struct text out = text_in(buffer, sizeof buffer - 1);

	json_escape(&out, text, strlen(text), max);
	*out.at = '\0';
	return buffer;
}

static void
json_strings_are_valid_whatever_they_are_made_of(void **state)
{
	static const char *const pairs[][2] = {
	    {"fe80::1%eth0", "fe80::1%eth0"},
	    {"\"\\/", "\\\"\\\\/"},
	    {"\x01\n\x1f\x7f", "\\u0001\\u000a\\u001f\\u007f"},
	    {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
		"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
	    {"\xff"
	     "a",
		"\\ufffda"},
	    {"\xc3", "\\ufffd"},
	    {"\xe2\x82", "\\ufffd\\ufffd"},
	    {"\xc0\x80", "\\ufffd\\ufffd"},            /* overlong */
	    {"\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd"}, /* a surrogate */
	    {"\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"},
	    {"\xe2\x82"
	     "x",
		"\\ufffd\\ufffdx"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++)
		assert_string_equal(escaped(pairs[i][0], 90), pairs[i][1]);
}

static void
json_strings_are_cut_between_characters(void **state)
{
	(void)state;
	assert_string_equal(escaped("ab\"", 3), "ab");
	assert_string_equal(escaped("a\xe2\x82\xac", 3), "a");
	assert_string_equal(escaped("a\x01", 6), "a");
}

/* The longest values there may be still make a whole object, and entry. */
static void
long_values_leave_lines_whole(void **state)
{
	static char quotes[5000];
	struct fields fields = {
	    .operation = quotes, .error = quotes, .count = UINT64_MAX};

	(void)state;
	memset(quotes, '"', sizeof quotes - 1);
	const char *text = json_of(LINE_FAILED, &fields);
	assert_string_equal(text + strlen(text) - 4, "\\\"\"}");
	assert_text_contains(text, "\"count\":18446744073709551615,");
	assert_int_equal(
	    strlen(form(record_text, LINE_FAILED, &fields)), RECORD_TEXT_MAX);
	text = form(journal, LINE_FAILED, &fields);
	assert_int_equal(text[strlen(text) - 1], '\n');
	assert_text_contains(text, "\nECHOD_COUNT=18446744073709551615\n");
}

/* ---- clients' names ------------------------------------------------------ */

static void
clients_can_be_shortened_in_every_form(void **state)
{
	struct fields fields = everything();

	(void)state;
	name_clients(LOG_CLIENTS_PREFIX, 32, 64);
	assert_text_contains(form(record_text, LINE_CLOSED, &fields),
	    "closed 2001:db8:1::/48 via 192.0.2.0/24 pid=");
	assert_text_contains(json_of(LINE_CLOSED, &fields),
	    "\"client\":\"2001:db8:1::/48\",\"proxy\":\"192.0.2.0/24\","
	    "\"pid\"");
	assert_text_contains(form(journal, LINE_CLOSED, &fields),
	    "ECHOD_CLIENT=2001:db8:1::/48\nECHOD_PROXY=192.0.2.0/24\n"
	    "ECHOD_PID");
	assert_text_contains(
	    form(record_text, LINE_REFUSED, &fields), "refused 192.0.2.0/24 ");
	name_clients(LOG_CLIENTS_PREFIX, 16, 32);
	assert_text_contains(form(record_text, LINE_CLOSED, &fields),
	    "closed 2001:db8::/32 via 192.0.0.0/16 pid=");
}

static void
clients_can_be_left_out_of_every_form(void **state)
{
	struct fields fields = everything();

	(void)state;
	name_clients(LOG_CLIENTS_NONE, 32, 64);
	for (int line = 0; line < NLINES; line++) {
		enum line l = (enum line)line;
		assert_null(strstr(form(record_text, l, &fields), "192.0.2"));
		assert_null(strstr(form(json, l, &fields), "2001:db8"));
		assert_null(strstr(form(journal, l, &fields), "_PORT="));
	}
	assert_text_contains(
	    form(record_text, LINE_CLOSED, &fields), "closed - via - pid=");
	assert_text_contains(
	    form(record_text, LINE_REFUSED, &fields), "refused - reason=");
}

/* ---- the table ----------------------------------------------------------- */

static void
every_line_has_a_name_a_level_and_an_id_of_its_own(void **state)
{
	(void)state;
	for (size_t i = 1; i < NLINES; i++) {
		const struct line_kind *kind = &line_kinds[i];
		assert_in_range(kind->level, LOG_ERR, LOG_DEBUG);
		assert_int_equal(strlen(kind->id), 32);
		assert_int_equal(strspn(kind->id, "0123456789abcdef"), 32);
		for (size_t j = 0; j < i; j++) {
			assert_string_not_equal(kind->name, line_kinds[j].name);
			if (line_kinds[j].id != NULL)
				assert_string_not_equal(
				    kind->id, line_kinds[j].id);
		}
	}
}

static void
every_field_of_a_text_is_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < NLINES; i++)
		for (const char *c = line_kinds[i].text;
		     (c = strchr(c, '%')) != NULL; c++)
			assert_non_null(field_of_letter(c[1])->json);
	assert_null(field_of_letter('A')->json);
	assert_null(field_of_letter('%')->json);
}

static const char *
manual(void)
{
	static char text[256 * 1024];
	FILE *file = fopen("man/echod.8", "re");

	if (file == NULL)
		skip(); /* elsewhere than in the source tree */
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	(void)fclose(file);
	return text;
}

/* echod(8) has a row "name level id" for each kind, and its fields follow. */
static void
the_manual_lists_every_line_with_its_level_and_id(void **state)
{
	static const char *const levels[] = {
	    [LOG_ERR] = "error",
	    [LOG_WARNING] = "warning",
	    [LOG_NOTICE] = "notice",
	    [LOG_INFO] = "info",
	    [LOG_DEBUG] = "debug",
	};
	const char *text = manual();
	size_t rows = 0;

	(void)state;
	for (size_t i = 1; i < NLINES; i++) {
		const struct line_kind *kind = &line_kinds[i];
		char row[200];
		(void)snprintf(row, sizeof row, "\n%-14s  %-7s  %s\n",
		    kind->name, levels[kind->level], kind->id);
		assert_text_contains(text, row);
	}
	for (const char *c = strstr(text, "\nlistening  "); c != NULL;
	     c = strchr(c + 1, '\n'))
		if (strncmp(c, "\n.Ed", 4) == 0)
			break;
		else
			rows++;
	assert_int_equal(rows, NLINES - 1);
}

static void
the_manual_names_every_field(void **state)
{
	const char *text = manual();

	(void)state;
	for (char letter = 'a'; letter <= 'z'; letter++) {
		const struct field *field = field_of_letter(letter);
		char item[100];
		if (field->json == NULL || letter == 'm')
			continue;
		(void)snprintf(item, sizeof item, "\n.It %s , %s\n",
		    field->json, field->journal);
		assert_text_contains(text, item);
		(void)snprintf(item, sizeof item, "\n.It %s , %s\n",
		    field->json_port, field->journal_port);
		if (field->type == FIELD_CLIENT)
			assert_text_contains(text, item);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, name_clients_in_full)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(three_forms_have_the_same_values),
	    TEST(a_field_without_a_value_is_left_out),
	    TEST(words_without_fields_are_a_message),
	    TEST(a_newline_does_not_end_a_line),
	    TEST(json_strings_are_valid_whatever_they_are_made_of),
	    TEST(json_strings_are_cut_between_characters),
	    TEST(long_values_leave_lines_whole),
	    TEST(clients_can_be_shortened_in_every_form),
	    TEST(clients_can_be_left_out_of_every_form),
	    TEST(every_line_has_a_name_a_level_and_an_id_of_its_own),
	    TEST(every_field_of_a_text_is_there),
	    TEST(the_manual_lists_every_line_with_its_level_and_id),
	    TEST(the_manual_names_every_field),
	};

	return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
