/* SPDX-License-Identifier: ISC */

/*
 * HOST[:PORT].  Whatever is accepted has a host of graphic characters and a
 * port in range, and written out again it is read the same.
 */

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool good)
{
	if (!good)
		abort();
}

static void
check_target(const struct target_name *name)
{
	char text[HOST_STRLEN + 16];
	struct target_name again;
	bool v6 = strchr(name->host, ':') != NULL;
	int port = atoi(name->port);

	require(memchr(name->host, '\0', sizeof name->host) != NULL);
	require(memchr(name->port, '\0', sizeof name->port) != NULL);
	require(name->host[0] != '\0' && port >= 1 && port <= UINT16_MAX);
	for (const char *c = name->host; *c != '\0'; c++)
		require(isgraph((unsigned char)*c));
	(void)snprintf(text, sizeof text, v6 ? "[%s]:%s" : "%s:%s", name->host,
	    name->port);
	require(target_parse(text, &again) == NULL);
	require(strcmp(again.host, name->host) == 0 &&
		strcmp(again.port, name->port) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct target_name name;
	char *text = malloc(size + 1);

	require(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	if (target_parse(text, &name) == NULL)
		check_target(&name);
	free(text);
	return 0;
}
