/* SPDX-License-Identifier: ISC */

#include "parent/sessions/endpoints.h"

#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

bool
endpoints_init(struct endpoints *endpoints, size_t room)
{
	*endpoints = (struct endpoints){
	    .items = calloc(room, sizeof *endpoints->items), .room = room};
	return endpoints->items != NULL;
}

struct endpoint *
endpoints_get(struct endpoints *endpoints, const char *name)
{
	struct endpoint *endpoint = endpoints->items;

	for (size_t i = 0; i < endpoints->count; i++, endpoint++)
		if (strcmp(endpoint->name, name) == 0)
			return endpoint;
	if (endpoints->count == endpoints->room)
		return NULL;
	endpoints->count++;
	(void)strlcpy(endpoint->name, name, sizeof endpoint->name);
	return endpoint;
}
