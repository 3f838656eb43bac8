/* SPDX-License-Identifier: ISC */

/* The types of values that only echod's settings have; see common/value.h. */

#ifndef TYPES_H
#define TYPES_H

#include "common/value.h"

/* The message that is no fault of the text. */
extern const char out_of_memory[];

extern const struct type type_addrs;    /* struct addr_list */
extern const struct type type_pidfile;  /* char * */
extern const struct type type_path;     /* char *: absolute, or "none" */
extern const struct type type_prefixes; /* struct prefix_list */
extern const struct type type_rate;     /* struct rate */
extern const struct type type_user;     /* char *: a name, UID, UID:GID */

#endif
