/* SPDX-License-Identifier: ISC */

/*
 * The file echod.conf(5).  The parent takes all of it or nothing: it must be a
 * regular file of at most CONFIG_FILE_MAX bytes that can be read to its end,
 * and every line must be valid.  /dev/null stands for an empty file.
 */

#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include "parent/settings/config.h"

enum {
	CONFIG_FILE_MAX = 16 * 1024 * 1024
};

/* Applies the settings of the file; an optional file may be missing. */
bool config_file_read(
    struct config *, const char *path, bool optional, struct config_error *);

/* The same for an open file, from its present offset on. */
bool config_file_take(
    struct config *, int fd, const char *name, struct config_error *);

/*
 * The same for a text of size bytes, which the parser changes; there must be
 * room for a NUL after it.  name stands for the file in messages.
 */
bool config_file_parse(struct config *, char *text, size_t size,
    const char *name, struct config_error *);

#endif
