/* SPDX-License-Identifier: ISC */

/* The syntax of echod.conf(5). */

#include <string.h>

#include "../support/config_support.h"

enum {
	MEGABYTE = 1 << 20
};

static void
refuse(const char *text, const char *message)
{
	struct config config;
	struct config_error error;

	if (read_text(&config, text, &error))
		fail_msg("accepted %s", text);
	assert_string_equal(error.text, message);
}

static void
comments_blanks_and_line_ends_are_as_documented(void **state)
{
	static const char *const texts[] = {
	    "backlog=5",
	    "backlog = 5\n",
	    "\n\n  \n# comment\nbacklog = 5\n",
	    " \t backlog \t = \t 5 \t \n",
	    "backlog = 5 # comment\n",
	    "backlog = 5# comment\n",
	    "backlog = 5\r\n",
	    "\v\fbacklog = 5\v\f\n",
	    "   # comment\nbacklog = 5\n#",
	    "backlog \\\n = \\\n 5\n",
	    "backlog = \\\n5\n",
	    "back\\\nlog = 5\n",
	    "# comment \\\nbacklog = 5\n",
	};
	struct config config;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		read_good(&config, texts[i]);
		assert_int_equal(config.backlog, 5);
		config_free(&config);
	}
}

static const struct {
	const char *written;
	const char *value;
} escapes[] = {
    {"/a\\#b", "/a#b"},
    {"/a\\\\b", "/a\\b"},
    {"/a\\\\", "/a\\"},
    {"/a\\b", "/ab"},
    {"/a\\ b", "/a b"},
    {"/a\\\nb", "/ab"},
    {"/a\\\n  b", "/a  b"},
    {"/a=b", "/a=b"},
    {"/a\xc3\xa4", "/a\xc3\xa4"},
};

static void
escapes_stand_for_the_character_behind(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(escapes); i++) {
		struct config config, again;
		char text[100];

		(void)snprintf(
		    text, sizeof text, "pidfile = %s\n", escapes[i].written);
		read_good(&config, text);
		assert_string_equal(config.pidfile, escapes[i].value);
		char *printed = print(&config);
		read_good(&again, printed);
		assert_string_equal(again.pidfile, escapes[i].value);
		free(printed);
		config_free(&config);
		config_free(&again);
	}
}

static void
lines_that_are_no_settings_are_refused(void **state)
{
	(void)state;
	refuse("backlog 5\n", "FILE:1: no \"=\" in \"backlog 5\"");
	refuse("= 5\n", "FILE:1: unknown key \"\"");
	refuse("=\n", "FILE:1: unknown key \"\"");
	refuse("backlo = 5\n", "FILE:1: unknown key \"backlo\"");
	refuse("BACKLOG = 5\n", "FILE:1: unknown key \"BACKLOG\"");
	refuse("back log = 5\n", "FILE:1: unknown key \"back log\"");
	refuse("\n\n[section]\n", "FILE:3: no \"=\" in \"[section]\"");
	refuse("\x1b[31m = 5\n", "FILE:1: unknown key \"\\^[[31m\"");
	refuse("\xef\xbb\xbfuser = x\n",
	    "FILE:1: unknown key \"\\M-o\\M-;\\M-?user\"");
}

static void
the_line_is_counted_over_continuations(void **state)
{
	(void)state;
	refuse("user = a\\\nb\n# x\n\nbad\n", "FILE:5: no \"=\" in \"bad\"");
}

static void
a_key_is_given_once_and_a_list_again_and_again(void **state)
{
	struct config config;

	(void)state;
	refuse("backlog = 1\nuser = x\nbacklog = 1\n",
	    "FILE:3: backlog: given twice");
	read_good(&config,
	    "listen = 1\nlisten = 2\nallow = ::1\nlisten = 1\nallow = ::2\n");
	assert_int_equal(config.listen.count, 3);
	assert_int_equal(config.listen.items[0].port, 1);
	assert_int_equal(config.listen.items[1].port, 2);
	assert_int_equal(config.listen.items[2].port, 1);
	assert_int_equal(config.allow.count, 2);
	config_free(&config);
}

static void
a_nul_byte_is_refused_wherever_it_stands(void **state)
{
	static const char text[] = "user = x\nbacklog = 5\n";
	char copy[sizeof text + 1];

	(void)state;
	for (size_t i = 0; i < sizeof text - 1; i++) {
		struct config config;
		struct config_error error;

		memcpy(copy, text, i);
		copy[i] = '\0';
		memcpy(copy + i + 1, text + i, sizeof text - 1 - i);
		assert_false(read_bytes(&config, copy, sizeof text, &error));
		assert_text_contains(error.text, "NUL byte");
		assert_text_contains(error.text,
		    i < sizeof "user = x\n" - 1 ? "FILE:1: " : "FILE:2: ");
	}
}

static void
a_line_of_a_megabyte_is_refused_in_one_short_line(void **state)
{
	static const char *const starts[] = {"",
	    "listen = ", "backlog = ", "idle-timeout = ", "rate-per-source = ",
	    "allow = ", "log-level = ", "pidfile = ", "\\"};
	static const char fill[] = {'9', 'x', '\x01', '\xff', '='};
	char *text = malloc(MEGABYTE + 1);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < COUNT(starts); i++)
		for (size_t j = 0; j < sizeof fill; j++) {
			struct config config;
			struct config_error error;

			memset(text, fill[j], MEGABYTE);
			memcpy(text, starts[i], strlen(starts[i]));
			text[MEGABYTE] = '\0';
			assert_false(read_text(&config, text, &error));
			assert_text_contains(error.text, "FILE:1: ");
			assert_true(strlen(error.text) < 400);
			assert_null(strpbrk(error.text, "\n\x01\xff"));
		}
	free(text);
}

static void
a_comment_of_a_megabyte_is_none_of_our_business(void **state)
{
	struct config config;
	char *text = malloc(MEGABYTE + 1);

	(void)state;
	assert_non_null(text);
	memset(text, '#', MEGABYTE);
	(void)strcpy(text + MEGABYTE - 13, "\nbacklog = 5");
	read_good(&config, text);
	assert_int_equal(config.backlog, 5);
	config_free(&config);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(comments_blanks_and_line_ends_are_as_documented),
	    cmocka_unit_test(escapes_stand_for_the_character_behind),
	    cmocka_unit_test(lines_that_are_no_settings_are_refused),
	    cmocka_unit_test(the_line_is_counted_over_continuations),
	    cmocka_unit_test(a_key_is_given_once_and_a_list_again_and_again),
	    cmocka_unit_test(a_nul_byte_is_refused_wherever_it_stands),
	    cmocka_unit_test(a_line_of_a_megabyte_is_refused_in_one_short_line),
	    cmocka_unit_test(a_comment_of_a_megabyte_is_none_of_our_business),
	};

	return cmocka_run_group_tests_name("syntax", tests, NULL, NULL);
}
