/* SPDX-License-Identifier: ISC */

/*
 * The parser of echod.conf(5).  Whatever it accepts, printing and reading it
 * back gives the same; whatever it refuses, the reason is one line.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parent/settings/config_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool good)
{
	if (!good)
		abort();
}

static bool
read_text(struct config *config, const void *text, size_t size,
    struct config_error *error)
{
	char *copy = malloc(size + 1);

	require(copy != NULL && config_defaults(config, error));
	memcpy(copy, text, size);
	bool good = config_file_parse(config, copy, size, "FILE", error);
	free(copy);
	return good;
}

static char *
print(const struct config *config)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	require(out != NULL);
	config_print(config, out);
	(void)fclose(out);
	return text;
}

static void
changed(const char *key)
{
	(void)key;
	abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config config, again;
	struct config_error error = {""};

	if (read_text(&config, data, size, &error)) {
		char *first = print(&config);
		require(read_text(&again, first, strlen(first), &error));
		char *second = print(&again);
		require(strcmp(first, second) == 0);
		config_keep_fixed(&config, &again, changed);
		config_free(&again);
		free(first);
		free(second);
	} else {
		require(strncmp(error.text, "FILE:", 5) == 0);
		require(strpbrk(error.text, "\r\n\033") == NULL);
	}
	config_free(&config);
	return 0;
}
