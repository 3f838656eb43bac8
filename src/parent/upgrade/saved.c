/* SPDX-License-Identifier: ISC */

#include "parent/upgrade/saved.h"

#include <netinet/in.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/stdlib.h>

enum {
	ADDR_SIZE = 16 /* bytes of an address of any family */
};

/* ---- numbers ------------------------------------------------------------ */

static int64_t
load(enum saved_type type, const void *value)
{
	switch (type) {
	case SAVED_AS_BOOL:
		return *(const bool *)value;
	case SAVED_AS_UINT8:
		return *(const uint8_t *)value;
	case SAVED_AS_UINT16:
		return *(const uint16_t *)value;
	case SAVED_AS_UINT32:
		return *(const uint32_t *)value;
	case SAVED_AS_INT64:
		return *(const int64_t *)value;
	case SAVED_AS_UINT64:
		return (int64_t)(*(const uint64_t *)value & INT64_MAX);
	default:
		return *(const int *)value;
	}
}

static void
store(enum saved_type type, void *value, int64_t number)
{
	switch (type) {
	case SAVED_AS_BOOL:
		*(bool *)value = number != 0;
		break;
	case SAVED_AS_UINT8:
		*(uint8_t *)value = (uint8_t)number;
		break;
	case SAVED_AS_UINT16:
		*(uint16_t *)value = (uint16_t)number;
		break;
	case SAVED_AS_UINT32:
		*(uint32_t *)value = (uint32_t)number;
		break;
	case SAVED_AS_INT64:
		*(int64_t *)value = number;
		break;
	case SAVED_AS_UINT64:
		*(uint64_t *)value = (uint64_t)number;
		break;
	default:
		*(int *)value = (int)number;
	}
}

/* The largest value that both the field's range and its type allow. */
static int64_t
largest(const struct saved_field *field)
{
	static const int64_t most[] = {
	    [SAVED_AS_BOOL] = 1,
	    [SAVED_AS_UINT8] = UINT8_MAX,
	    [SAVED_AS_UINT16] = UINT16_MAX,
	    [SAVED_AS_INT] = INT32_MAX,
	    [SAVED_AS_UINT32] = UINT32_MAX,
	    [SAVED_AS_INT64] = INT64_MAX,
	    [SAVED_AS_UINT64] = INT64_MAX,
	};

	return field->max < most[field->type] ? field->max : most[field->type];
}

/*
 * Not by fprintf(3), which takes three times as long: a state may have 100,000
 * numbers.
 */
static void
write_number(FILE *file, int64_t number)
{
	char text[24], *start = text + sizeof text;
	uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;

	do
		*--start = (char)('0' + rest % 10);
	while ((rest /= 10) != 0);
	if (number < 0)
		*--start = '-';
	(void)fwrite_unlocked(
	    start, 1, (size_t)(text + sizeof text - start), file);
}

static bool
parse_number(const char *text, int64_t min, int64_t max, int64_t *number)
{
	const char *errstr;

	*number = strtonum(text, min, max, &errstr);
	return errstr == NULL;
}

/* ---- addresses ---------------------------------------------------------- */

/*
 * An endpoint is "7f000001/0/51234": the address in hexadecimal, the interface
 * and the port.  A prefix is "7f000000/8".  The interface is a number, since
 * its name may have changed.
 */
static size_t
address_size(uint8_t family)
{
	return family == AF_INET ? 4 : family == AF_INET6 ? ADDR_SIZE : 0;
}

static const char digits[] = "0123456789abcdef";

static void
write_bytes(FILE *file, const uint8_t *bytes, uint8_t family)
{
	for (size_t i = 0; i < address_size(family); i++) {
		(void)putc_unlocked(digits[bytes[i] / 16], file);
		(void)putc_unlocked(digits[bytes[i] % 16], file);
	}
}

static int
digit(char c)
{
	const char *found = c == '\0' ? NULL : strchr(digits, c);

	return found == NULL ? -1 : (int)(found - digits);
}

/* Returns what follows the bytes, or NULL. */
static char *
parse_bytes(char *text, uint8_t bytes[ADDR_SIZE], uint8_t *family)
{
	size_t count = 0;

	for (; digit(text[0]) >= 0 && digit(text[1]) >= 0; text += 2) {
		if (count == ADDR_SIZE)
			return NULL;
		bytes[count++] =
		    (uint8_t)(digit(text[0]) * 16 + digit(text[1]));
	}
	*family = count == 4           ? AF_INET
		  : count == ADDR_SIZE ? AF_INET6
				       : AF_UNSPEC;
	return address_size(*family) == count ? text : NULL;
}

static void
write_addr(FILE *file, const struct addr *addr)
{
	write_bytes(file, addr->bytes, addr->family);
	(void)putc_unlocked('/', file);
	write_number(file, addr->scope);
	(void)putc_unlocked('/', file);
	write_number(file, addr->port);
}

static bool
parse_addr(char *text, struct addr *addr)
{
	struct addr raw = {0};
	int64_t scope, port;

	text = parse_bytes(text, raw.bytes, &raw.family);
	if (text == NULL || *text != '/')
		return false;
	char *second = strchr(++text, '/');
	if (second == NULL)
		return false;
	*second++ = '\0';
	if (!parse_number(text, 0, UINT32_MAX, &scope) ||
	    !parse_number(second, 0, UINT16_MAX, &port))
		return false;
	raw.scope = (uint32_t)scope;
	raw.port = (uint16_t)port;
	*addr = raw;
	return raw.family == AF_UNSPEC || addr_canonical(&raw, addr);
}

static void
write_prefix(FILE *file, const struct prefix *prefix)
{
	write_bytes(file, prefix->bytes, prefix->family);
	(void)putc_unlocked('/', file);
	write_number(file, prefix->length);
}

static bool
parse_prefix(char *text, struct prefix *prefix)
{
	struct addr raw = {0};
	int64_t length;

	text = parse_bytes(text, raw.bytes, &raw.family);
	if (text == NULL || *text != '/' ||
	    !parse_number(
		text + 1, 0, 8 * (int64_t)address_size(raw.family), &length))
		return false;
	*prefix = prefix_of(&raw, (unsigned)length);
	return true;
}

/* ---- text --------------------------------------------------------------- */

/* Writes blanks and unprintable characters as in a URL. */
static void
write_text(FILE *file, const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		if (isgraph(c) && c != '%')
			(void)fputc(c, file);
		else
			(void)fprintf(file, "%%%02x", c);
	}
}

static bool
parse_text(const char *from, char *text, int64_t longest)
{
	for (; *from != '\0'; from++) {
		if (longest-- == 0)
			return false;
		*text = *from;
		if (*from == '%') {
			if (digit(from[1]) < 0 || digit(from[2]) < 0)
				return false;
			*text = (char)(digit(from[1]) * 16 + digit(from[2]));
			from += 2;
		}
		if (*text++ == '\0')
			return false;
	}
	*text = '\0';
	return true;
}

/* ---- objects ------------------------------------------------------------ */

static void *
member(const struct saved_field *field, const void *object)
{
	return (char *)(uintptr_t)object + field->offset;
}

static void
write_value(FILE *file, const struct saved_field *field, const void *value)
{
	switch (field->type) {
	case SAVED_AS_ADDR:
		write_addr(file, value);
		break;
	case SAVED_AS_PREFIX:
		write_prefix(file, value);
		break;
	case SAVED_AS_TEXT:
		write_text(file, value);
		break;
	default:
		write_number(file, load(field->type, value));
	}
}

static bool
parse_value(const struct saved_field *field, char *text, void *value)
{
	int64_t number;

	switch (field->type) {
	case SAVED_AS_ADDR:
		return parse_addr(text, value);
	case SAVED_AS_PREFIX:
		return parse_prefix(text, value);
	case SAVED_AS_TEXT:
		return parse_text(text, value, field->max);
	case SAVED_AS_FD:
		if (!parse_number(text, -1, INT32_MAX, &number) ||
		    (number >= 0 && number <= STDERR_FILENO))
			return false;
		break;
	default:
		if (!parse_number(text, field->min, largest(field), &number))
			return false;
	}
	store(field->type, value, number);
	return true;
}

/* The family of an absent address is AF_UNSPEC. */
static bool
is_zero(const struct saved_field *field, const void *value)
{
	switch (field->type) {
	case SAVED_AS_ADDR:
		return ((const struct addr *)value)->family == AF_UNSPEC &&
		       ((const struct addr *)value)->port == 0;
	case SAVED_AS_PREFIX:
		return ((const struct prefix *)value)->family == AF_UNSPEC;
	case SAVED_AS_TEXT:
		return *(const char *)value == '\0';
	default:
		return load(field->type, value) == 0;
	}
}

void
saved_write(FILE *file, const struct saved_kind *kind, const void *object)
{
	(void)fputs_unlocked(kind->name, file);
	for (const struct saved_field *f = kind->fields; f->name != NULL; f++) {
		if (is_zero(f, member(f, object)))
			continue;
		(void)putc_unlocked(' ', file);
		(void)fputs_unlocked(f->name, file);
		(void)putc_unlocked('=', file);
		write_value(file, f, member(f, object));
	}
	(void)putc_unlocked('\n', file);
}

bool
saved_is(const struct saved_kind *kind, const char *line)
{
	size_t length = strlen(kind->name);

	return strncmp(line, kind->name, length) == 0 &&
	       (line[length] == ' ' || line[length] == '\0');
}

static const struct saved_field *
field_by_name(const struct saved_kind *kind, const char *name)
{
	for (const struct saved_field *f = kind->fields; f->name != NULL; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

const char *
saved_read(const struct saved_kind *kind, char *line, void *object)
{
	char *rest = line, *word;

	(void)strsep(&rest, " "); /* the kind */
	while ((word = strsep(&rest, " ")) != NULL) {
		char *value = strchr(word, '=');
		if (value == NULL)
			return "=";
		*value++ = '\0';
		const struct saved_field *field = field_by_name(kind, word);
		if (field != NULL &&
		    !parse_value(field, value, member(field, object)))
			return field->name;
	}
	return NULL;
}

bool
saved_keep(const struct saved_kind *kind, const void *object, bool keep)
{
	for (const struct saved_field *f = kind->fields; f->name != NULL; f++) {
		if (f->type != SAVED_AS_FD)
			continue;
		int fd = *(const int *)member(f, object);
		if (fd > STDERR_FILENO &&
		    fcntl(fd, F_SETFD, keep ? 0 : FD_CLOEXEC) == -1)
			return false;
	}
	return true;
}
