/* SPDX-License-Identifier: ISC */

/*
 * The reader of an upgrade's state.  What it takes is written again, and what
 * is written then is read and written the same.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parent/server.h"
#include "parent/settings/command_line.h"
#include "parent/upgrade/restore.h"
#include "parent/upgrade/state.h"

enum {
	HEAD_SIZE = 43, /* with the size, which the input leaves out */
	ROOM = 1 << 20
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool good)
{
	if (!good)
		abort();
}

static struct server *
new_server(void)
{
	static const struct command_line command = {.file = "/etc/echod.conf"};
	struct server *server = calloc(1, sizeof *server);
	struct config_error error;

	require(server != NULL && config_defaults(&server->config, &error));
	server->command = &command;
	server->notify.fd = -1;
	server_init(server);
	return server;
}

/* As it was, but for its sources; it has none of the descriptors. */
static void
reset(struct server *server)
{
	struct child *child;

	while ((child = children_next(&server->children, NULL)) != NULL) {
		proxied_forget(&server->proxied, child);
		sources_drop(&server->sources, child->source);
		children_release(&server->children, child);
	}
	if (server->acceptor.pending_fd != -1) {
		server->acceptor.pending_fd = -1;
		sources_drop(
		    &server->sources, server->acceptor.pending->source);
		children_release(&server->children, server->acceptor.pending);
	}
	free(server->listeners.items);
	server->listeners = (struct listeners){0};
	server->endpoints.count = 0;
	server->inbox.receiving = server->inbox.sending = -1;
	server->notify.fd = -1;
}

static bool
take(struct server *server, struct handover *handover, char *text, size_t size)
{
	struct config_error error;
	FILE *file = fmemopen(text, size, "r");

	require(file != NULL);
	bool good = restore_state(file, server, handover, &error);
	(void)fclose(file);
	require(good || strncmp(error.text, "state: ", 7) == 0);
	return good;
}

static size_t
put(struct server *server, const struct handover *handover, char text[ROOM])
{
	FILE *file = fmemopen(text, ROOM, "w");

	require(file != NULL);
	bool good = state_write(file, server, handover);
	long end = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
	(void)fclose(file);
	require(good && end > 0);
	return strlen(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct server *server;
	static char first[ROOM], second[ROOM];
	struct handover handover;
	char *text;

	if (server == NULL)
		server = new_server();
	reset(server);
	text = malloc(HEAD_SIZE + size + 1);
	require(text != NULL);
	int head = snprintf(text, HEAD_SIZE + 1,
	    "echod-state 1.0 size=%020zu\n", (size_t)HEAD_SIZE - 1 + size);
	memcpy(text + head, data, size);
	if (take(server, &handover, text, (size_t)head + size)) {
		size_t written = put(server, &handover, first);
		reset(server);
		require(take(server, &handover, first, written));
		require(put(server, &handover, second) == written);
		require(memcmp(first, second, written) == 0);
	}
	free(text);
	return 0;
}
