/* SPDX-License-Identifier: ISC */

/* Runs in the parent, and in the test of a new program. */

#include "parent/upgrade/answer.h"

#include <string.h>

#include "parent/upgrade/saved.h"

static const struct saved_field fields[] = {
    SAVED_TEXT("version", struct answer, version),
    SAVED("sandbox", struct answer, sandbox),
    SAVED_TEXT("why", struct answer, why),
    {0},
};
static const struct saved_kind kind = {"#echod-upgrade-answer", fields};

void
answer_write(FILE *file, const struct answer *answer)
{
	saved_write(file, &kind, answer);
}

bool
answer_read(FILE *file, struct answer *answer)
{
	char line[sizeof *answer * 6];

	*answer = (struct answer){0};
	if (fgets(line, sizeof line, file) == NULL)
		return false;
	char *end = strchr(line, '\n');
	if (end == NULL)
		return false;
	*end = '\0';
	return saved_is(&kind, line) &&
	       saved_read(&kind, line, answer) == NULL &&
	       (answer->version[0] == '\0') != (answer->why[0] == '\0');
}
