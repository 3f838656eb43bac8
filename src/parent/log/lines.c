/* SPDX-License-Identifier: ISC */

#include "parent/log/lines.h"

#include <string.h>
#include <syslog.h>

/* clang-format off */
const struct line_kind line_kinds[NLINES] = {
    [LINE_MESSAGE] = {"message", LOG_NOTICE, NULL,
	"%m"},
    [LINE_LISTENING] = {"listening", LOG_NOTICE,
	"041afea1aa0b403ebf42a64578ffc649",
	"listening on %a"},
    [LINE_SANDBOX] = {"sandbox", LOG_NOTICE,
	"a590b347eef6453fbd9c11f5e7dc0fbb",
	"sandbox %x[j landlock=%j]"},
    [LINE_READY] = {"ready", LOG_NOTICE,
	"2822d429b53c4868ab95d1a493648352",
	"ready"},
    [LINE_ACCEPTED] = {"accepted", LOG_DEBUG,
	"38872c02d6274acdbae3e9a4dbdd7c98",
	"accepted %c pid=%p listener=%l"},
    [LINE_CLOSED] = {"closed", LOG_INFO,
	"4b08924b161841f4842e1fe61f882eb2",
	"closed %c[v via %v] pid=%p bytes=%b duration=%d reason=%r"
	"[s signal=%s] listener=%l"},
    [LINE_UNCONFINED] = {"unconfined", LOG_ERR,
	"d8ea4421a3734d82afdda6d971039240",
	"session %p could not be confined"},
    [LINE_REFUSED] = {"refused", LOG_NOTICE,
	"297418f5bb8943539f122a84b10380b0",
	"refused %o reason=%r count=%n period=%ts listener=%l"},
    [LINE_REFUSED_OTHERS] = {"refused-others", LOG_NOTICE,
	"0645481843844797afbb0b602d7688fb",
	"refused others count=%n period=%ts"},
    [LINE_STATUS] = {"status", LOG_NOTICE,
	"15f28f1616be4ac09febf9b9f022f518",
	"status children=%h served=%w refused=%f bytes=%g"},
    [LINE_SESSION] = {"session", LOG_NOTICE,
	"c42822e0ec104d5d94e5998131afec20",
	"session %c[v via %v] pid=%p bytes=%b duration=%d listener=%l"},
    [LINE_RELOADED] = {"reloaded", LOG_NOTICE,
	"63a7bcc16c99451e9c9bebe392039858",
	"reloaded %i"},
    [LINE_RELOAD_FAILED] = {"reload-failed", LOG_ERR,
	"82d0543939a548b9a613e2ad8bf85f24",
	"reload failed, settings unchanged: %e"},
    [LINE_NEEDS_RESTART] = {"needs-restart", LOG_WARNING,
	"2762deb6ddc14a03ba7b20ca1c2c146e",
	"%k has changed: restart to use it"},
    [LINE_UPGRADING] = {"upgrading", LOG_NOTICE,
	"a9e1af73d2754d50a35939453f4ca047",
	"upgrading to %z"},
    [LINE_UPGRADED] = {"upgraded", LOG_NOTICE,
	"927ae15853d543f19f5dd692aacdde51",
	"upgraded %u -> %q children=%h duration=%d"},
    [LINE_UPGRADE_FAILED] = {"upgrade-failed", LOG_ERR,
	"c5d11dfd18cf4dd09f9f0238efdcdb56",
	"upgrade failed, still %u: %e"},
    [LINE_FAILING] = {"failing", LOG_ERR,
	"70075cd1f03f4486baa5d35023bb3650",
	"cannot %y: %e, trying again"},
    [LINE_FAILED] = {"failed", LOG_ERR,
	"8269503d4a624fd3b65afe8875c803ad",
	"cannot %y: %e count=%n period=%ts"},
    [LINE_RECOVERED] = {"recovered", LOG_NOTICE,
	"f7bdb3a6f9064226939c6b530016ffe5",
	"can %y again"},
    [LINE_DROPPED] = {"dropped", LOG_WARNING,
	"6953d8de193949db93870aec3e7dfe96",
	"%n messages dropped, the log was not ready for them"},
    [LINE_STOPPING] = {"stopping", LOG_NOTICE,
	"93a5cb290f7c4ff0bf145f1a1f4dbdd9",
	"stopping children=%h"},
    [LINE_STOPPED] = {"stopped", LOG_NOTICE,
	"068f42ec1b4f4a4eae0eae8850f9898e",
	"stopped"},
};
/* clang-format on */

#define FIELD(letter, type, member, name, journal)                             \
	[(letter) - 'a'] = {name, name "_port", "ECHOD_" journal,              \
	    "ECHOD_" journal "_PORT", type, offsetof(struct fields, member)}

static const struct field fields[26] = {
    FIELD('a', FIELD_STRING, address, "address", "ADDRESS"),
    FIELD('b', FIELD_BYTES, bytes, "bytes", "BYTES"),
    FIELD('c', FIELD_CLIENT, client, "client", "CLIENT"),
    FIELD('d', FIELD_SECONDS, duration, "duration", "DURATION"),
    FIELD('e', FIELD_STRING, error, "error", "ERROR"),
    FIELD('f', FIELD_NUMBER, refused, "refused", "REFUSED"),
    FIELD('g', FIELD_NUMBER, total_bytes, "bytes", "BYTES"),
    FIELD('h', FIELD_NUMBER, children, "children", "CHILDREN"),
    FIELD('i', FIELD_STRING, file, "file", "FILE"),
    FIELD('j', FIELD_NUMBER, landlock, "landlock", "LANDLOCK"),
    FIELD('k', FIELD_STRING, key, "key", "KEY"),
    FIELD('l', FIELD_STRING, listener, "listener", "LISTENER"),
    FIELD('m', FIELD_STRING, message, "message", "MESSAGE"),
    FIELD('n', FIELD_NUMBER, count, "count", "COUNT"),
    FIELD('o', FIELD_STRING, source, "client", "CLIENT"),
    FIELD('p', FIELD_NUMBER, pid, "pid", "PID"),
    FIELD('q', FIELD_STRING, new_version, "new_version", "NEW_VERSION"),
    FIELD('r', FIELD_STRING, reason, "reason", "REASON"),
    FIELD('s', FIELD_NUMBER, signal, "signal", "SIGNAL"),
    FIELD('t', FIELD_PERIOD, period, "period", "PERIOD"),
    FIELD('u', FIELD_STRING, old_version, "old_version", "OLD_VERSION"),
    FIELD('v', FIELD_CLIENT, proxy, "proxy", "PROXY"),
    FIELD('w', FIELD_NUMBER, served, "served", "SERVED"),
    FIELD('x', FIELD_STRING, sandbox, "sandbox", "SANDBOX"),
    FIELD('y', FIELD_STRING, operation, "operation", "OPERATION"),
    FIELD('z', FIELD_STRING, program, "program", "PROGRAM"),
};

const struct field *
field_of_letter(char letter)
{
	static const struct field none;

	return letter < 'a' || letter > 'z' ? &none : &fields[letter - 'a'];
}

static const void *
member(const struct field *field, const struct fields *values)
{
	return (const char *)values + field->offset;
}

static const struct client_name *
client(const struct field *field, const struct fields *values)
{
	return *(const struct client_name *const *)member(field, values);
}

bool
field_is_number(const struct field *field)
{
	return field->type >= FIELD_NUMBER;
}

uint64_t
field_number(const struct field *field, const struct fields *values)
{
	return *(const uint64_t *)member(field, values);
}

bool
field_is_unknown(const struct field *field, const struct fields *values)
{
	return field->type == FIELD_BYTES &&
	       field_number(field, values) == BYTES_UNKNOWN;
}

bool
field_is_empty(const struct field *field, const struct fields *values)
{
	if (field_is_number(field))
		return field_number(field, values) == 0;
	return *(const void *const *)member(field, values) == NULL;
}

const char *
field_string(const struct field *field, const struct fields *values, bool whole)
{
	if (field_is_empty(field, values))
		return "-";
	if (field->type == FIELD_CLIENT)
		return whole ? client(field, values)->whole
			     : client(field, values)->host;
	return *(const char *const *)member(field, values);
}

uint64_t
field_port(const struct field *field, const struct fields *values)
{
	return field->type == FIELD_CLIENT ? client(field, values)->port : 0;
}

const struct field *
field_next(const char **form, const struct fields *values)
{
	const char *mark = *form;

	while ((mark = strpbrk(mark, "%[")) != NULL) {
		const struct field *field = field_of_letter(mark[1]);
		if (*mark == '%') {
			*form = mark + 2;
			return field;
		}
		mark += field_is_empty(field, values) ? strcspn(mark, "]") : 2;
	}
	return NULL;
}
