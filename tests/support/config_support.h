/* SPDX-License-Identifier: ISC */

/* How the unit tests read and print settings. */

#ifndef CONFIG_SUPPORT_H
#define CONFIG_SUPPORT_H

#include <stdlib.h>

#include "parent/settings/config_file.h"
#include "unit.h"

/* Over the defaults.  On false there is nothing to free. */
static inline bool
read_bytes(struct config *config, const char *text, size_t size,
    struct config_error *error)
{
	char *copy = malloc(size + 1);

	assert_non_null(copy);
	memcpy(copy, text, size);
	assert_true(config_defaults(config, error));
	bool good = config_file_parse(config, copy, size, "FILE", error);
	free(copy);
	if (!good)
		config_free(config);
	return good;
}

static inline bool
read_text(struct config *config, const char *text, struct config_error *error)
{
	return read_bytes(config, text, strlen(text), error);
}

static inline void
read_good(struct config *config, const char *text)
{
	struct config_error error;

	if (!read_text(config, text, &error))
		fail_msg("%s", error.text);
}

/* As --print-config writes it; the caller frees it. */
static inline char *
print(const struct config *config)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	config_print(config, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

#endif
