/* SPDX-License-Identifier: ISC */

/*
 * The JSON reader of echoc compare: whatever the file holds, it ends within
 * the text, and each path is a string that fits.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/compare/json_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool good)
{
	if (!good)
		abort();
}

static void
look(void *context, const char *path, double value)
{
	(void)value;
	require(strlen(path) < JSON_PATH_STRLEN);
	++*(size_t *)context;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	size_t numbers = 0;

	require(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	const char *end = json_read(text, look, &numbers);
	require(end == NULL || (end > text && end <= text + strlen(text)));
	require(numbers <= size);
	free(text);
	return 0;
}
