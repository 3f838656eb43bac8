/* SPDX-License-Identifier: ISC */

/*
 * What comes from the environment under systemd.  The input is three lines:
 * NOTIFY_SOCKET, LISTEN_PID and LISTEN_FDS; this process is number 4242.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "parent/sockets/systemd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	SELF = 4242
};

static void
require(bool good)
{
	if (!good)
		abort();
}

static void
check_address(const char *text)
{
	const size_t header = offsetof(struct sockaddr_un, sun_path);
	size_t used = strlen(text);
	struct sockaddr_un un;
	socklen_t length;

	if (!notify_address(text, &un, &length))
		return;
	require(un.sun_family == AF_UNIX && length <= sizeof un);
	require(memcmp(un.sun_path + 1, text + 1, used - 1) == 0);
	if (text[0] == '@')
		require(un.sun_path[0] == '\0' && length == header + used);
	else
		require(un.sun_path[0] == '/' && un.sun_path[used] == '\0' &&
			length == header + used + 1);
}

static void
check_sockets(const char *listen_pid, const char *listen_fds)
{
	int count = passed_sockets(listen_pid, listen_fds, SELF);

	require(count >= -1 && count <= 1024);
	if (listen_pid == NULL || listen_fds == NULL)
		require(count == 0);
	else if (count > 0)
		require(strtol(listen_pid, NULL, 10) == SELF &&
			strtol(listen_fds, NULL, 10) == count);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), *rest = text;

	require(text != NULL);
	check_address(strsep(&rest, "\n"));
	const char *listen_pid = strsep(&rest, "\n");
	check_sockets(listen_pid, rest);
	free(text);
	return 0;
}
