/* SPDX-License-Identifier: ISC */

#include "parent/settings/config_file.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/quote.h"
#include "parent/process/memory.h"

/* ---- the text --------------------------------------------------------------
 */

/* The rest of the text, and the number of lines read. */
struct reader {
	char *next, *end;
	size_t number;
};

/*
 * Reads the next line, joined with those that a backslash continues, and
 * removes its comment and backslashes.  Returns its end.
 */
static char *
take_line(struct reader *reader)
{
	char *out = reader->next, *in = out;
	bool comment = false;

	reader->number++;
	while (in < reader->end && *in != '\n') {
		bool escaped = *in == '\\' && !comment;
		if (*in == '#')
			comment = true;
		if (escaped && ++in == reader->end)
			break;
		if (escaped && *in == '\n')
			reader->number++;
		else if (escaped || !comment)
			*out++ = *in;
		in++;
	}
	reader->next = in + 1;
	*out = '\0';
	return out;
}

static char *
trim(char *text)
{
	static const char blanks[] = " \t\r\v\f";

	text += strspn(text, blanks);
	size_t length = strlen(text);
	while (length > 0 && strchr(blanks, text[length - 1]) != NULL)
		length--;
	text[length] = '\0';
	return text;
}

/* Applies a "key = value" line; where names the line in messages. */
static bool
read_setting(struct config *config, struct layer *layer, char *line,
    const char *where, struct config_error *error)
{
	char quoted[QUOTE_SIZE];
	char *equals = strchr(line, '=');

	if (equals == NULL)
		return config_fail(error, "%sno \"=\" in \"%s\"", where,
		    quote(trim(line), quoted));
	*equals = '\0';
	char *name = trim(line);
	const struct option_row *row = option_find(config_rows, name);
	if (row == NULL)
		return config_fail(
		    error, "%sunknown key \"%s\"", where, quote(name, quoted));
	if (!row->type->list && layer->seen[row - config_rows])
		return config_fail(
		    error, "%s%s: given twice", where, row->name);
	return config_set(config, layer, row, trim(equals + 1), where, error);
}

bool
config_file_parse(struct config *config, char *text, size_t size,
    const char *name, struct config_error *error)
{
	struct reader reader = {0};
	struct layer layer = {{false}};
	char where[PATH_MAX + 32];
	bool good = true;

	reader.next = text;
	reader.end = text + size;
	while (good && reader.next < reader.end) {
		char *line = reader.next, *end = take_line(&reader);
		(void)snprintf(
		    where, sizeof where, "%.400s:%zu: ", name, reader.number);
		if (strlen(line) != (size_t)(end - line))
			good = config_fail(error, "%sNUL byte", where);
		else if (*trim(line) != '\0')
			good = read_setting(config, &layer, line, where, error);
	}
	return good;
}

/* ---- the file --------------------------------------------------------------
 */

static bool
is_dev_null(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

/* Why the file cannot be a configuration file, or NULL. */
static const char *
unfit(const struct stat *st)
{
	if (S_ISDIR(st->st_mode))
		return strerror(EISDIR);
	if (!S_ISREG(st->st_mode) && !is_dev_null(st))
		return "not a regular file";
	if (st->st_size > CONFIG_FILE_MAX)
		return "larger than 16 MiB";
	return NULL;
}

/* Reads to the end of the file, but at most size bytes; -1 with errno. */
static ssize_t
read_fully(int fd, char *text, size_t size)
{
	size_t length = 0;
	ssize_t count;

	do {
		count = read(fd, text + length, size - length);
		if (count > 0)
			length += (size_t)count;
	} while (count > 0 || (count == -1 && errno == EINTR));
	return count == -1 ? -1 : (ssize_t)length;
}

/*
 * Writes the message for errno; the exit status tells whether another try may
 * succeed.
 */
static bool
fail_by_errno(const char *path, struct config_error *error)
{
	int number = errno;

	(void)config_fail(error, "%s: %s", path, strerror(number));
	if (number == ENOMEM || number == EMFILE || number == ENFILE ||
	    number == EIO)
		error->status = EXIT_FAILURE;
	return false;
}

/* Reads the open file into text, which has room for size bytes and one more. */
static bool
read_whole(int fd, const char *path, char *text, size_t size,
    struct config_error *error)
{
	/* One byte more shows that the file has grown. */
	ssize_t length = text == NULL ? -1 : read_fully(fd, text, size + 1);

	if (length == -1)
		return fail_by_errno(path, error);
	if (length != (ssize_t)size) {
		(void)config_fail(error, "%s: changed while it was read", path);
		error->status = EXIT_FAILURE;
		return false;
	}
	return true;
}

bool
config_file_take(
    struct config *config, int fd, const char *path, struct config_error *error)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return fail_by_errno(path, error);
	const char *why = unfit(&st);
	if (why != NULL)
		return config_fail(error, "%s: %s", path, why);
	size_t size = (size_t)st.st_size;
	char *text = memory_private(size + 1);
	bool good = read_whole(fd, path, text, size, error) &&
		    config_file_parse(config, text, size, path, error);
	memory_private_free(text, size + 1);
	return good;
}

bool
config_file_read(struct config *config, const char *path, bool optional,
    struct config_error *error)
{
	/* O_NONBLOCK: opening a FIFO would wait for a writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd == -1 && errno == ENOENT && optional)
		return true;
	if (fd == -1)
		return fail_by_errno(path, error);
	bool good = config_file_take(config, fd, path, error);
	(void)close(fd);
	return good;
}
