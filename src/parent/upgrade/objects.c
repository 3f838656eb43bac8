/* SPDX-License-Identifier: ISC */

#include "parent/upgrade/objects.h"

#include "parent/server.h"

static const struct saved_field handover_fields[] = {
    SAVED_TEXT("version", struct handover, version),
    SAVED("began", struct handover, began),
    SAVED_TEXT("file", struct handover, file),
    SAVED_RANGE("sandbox", struct handover, sandbox, 0, SANDBOX_ON),
    SAVED("dropped", struct handover, dropped),
    SAVED("unreported", struct handover, unreported),
    SAVED_TEXT("pidfile", struct handover, pidfile),
    SAVED_FD("keeper", struct handover, keeper),
    SAVED_TEXT("notify", struct handover, notify),
    {0},
};

static const struct saved_field server_fields[] = {
    SAVED("served", struct server, served),
    SAVED("bytes", struct server, bytes),
    SAVED("refused", struct server, refused),
    SAVED("endpoints", struct server, endpoints.count),
    SAVED("started", struct server, metrics.started),
    SAVED("reloaded", struct server, metrics.reloaded),
    SAVED("reload-failed", struct server, metrics.reload_failed),
    SAVED("accept-errors", struct server, metrics.accept_errors),
    SAVED("fork-errors", struct server, metrics.fork_errors),
    SAVED("upgrades", struct server, metrics.upgrades),
    SAVED_RANGE("confined", struct server, sandbox, 0, SANDBOX_ON),
    SAVED("fork-delay", struct server, acceptor.fork_delay),
    SAVED_FD("reports", struct server, inbox.receiving),
    SAVED_FD("reporters", struct server, inbox.sending),
    SAVED_FD("notify", struct server, notify.fd),
    SAVED("watchdog", struct server, notify.watchdog),
    SAVED("passed", struct server, listeners.adopted),
    {0},
};

static const struct saved_field endpoint_fields[] = {
    SAVED_TEXT("name", struct endpoint, name),
    SAVED("accepted", struct endpoint, accepted),
    SAVED("bytes", struct endpoint, bytes),
    SAVED("client", struct endpoint, closed[REASON_CLIENT]),
    SAVED("idle", struct endpoint, closed[REASON_IDLE]),
    SAVED("stalled", struct endpoint, closed[REASON_STALLED]),
    SAVED("reset", struct endpoint, closed[REASON_RESET]),
    SAVED("lifetime", struct endpoint, closed[REASON_LIFETIME]),
    SAVED("shutdown", struct endpoint, closed[REASON_SHUTDOWN]),
    SAVED("proxy", struct endpoint, closed[REASON_PROXY]),
    SAVED("unconfined", struct endpoint, closed[REASON_SANDBOX]),
    SAVED("killed", struct endpoint, closed[REASON_KILLED]),
    SAVED("refused", struct endpoint, closed[REASON_REFUSED]),
    SAVED("crashed", struct endpoint, closed[REASON_CRASHED]),
    SAVED("by-denied", struct endpoint, refused[REFUSED_DENIED]),
    SAVED("by-proxy", struct endpoint, refused[REFUSED_PROXY]),
    SAVED("by-sessions", struct endpoint, refused[REFUSED_SESSIONS]),
    SAVED("by-rate", struct endpoint, refused[REFUSED_RATE]),
    SAVED("by-header", struct endpoint, refused[REFUSED_HEADER]),
    {0},
};

static const struct saved_field spread_fields[] = {
    SAVED("sum", struct distribution, sum),
    SAVED("0", struct distribution, buckets[0]),
    SAVED("1", struct distribution, buckets[1]),
    SAVED("2", struct distribution, buckets[2]),
    SAVED("3", struct distribution, buckets[3]),
    SAVED("4", struct distribution, buckets[4]),
    SAVED("5", struct distribution, buckets[5]),
    SAVED("6", struct distribution, buckets[6]),
    SAVED("7", struct distribution, buckets[7]),
    SAVED("8", struct distribution, buckets[8]),
    SAVED("9", struct distribution, buckets[9]),
    {0},
};

static const struct saved_field listener_fields[] = {
    SAVED_FD("fd", struct listener, fd),
    SAVED("addr", struct listener, addr),
    SAVED("asked", struct listener, asked),
    SAVED("any", struct listener, any),
    {0},
};

static const struct saved_field source_fields[] = {
    SAVED("prefix", struct source, prefix),
    SAVED("clear", struct source, rate_clear),
    {0},
};

static const struct saved_field child_fields[] = {
    SAVED("pid", struct saved_child, child.pid),
    SAVED("peer", struct saved_child, child.peer),
    SAVED("client", struct saved_child, child.client),
    SAVED("endpoint", struct saved_child, endpoint),
    SAVED("serial", struct saved_child, child.serial),
    SAVED("started", struct saved_child, child.started),
    SAVED("bytes", struct saved_child, child.bytes),
    SAVED_RANGE("phase", struct saved_child, child.phase, 0, CHILD_EXITING),
    SAVED_RANGE(
	"cut", struct saved_child, child.kill_reason, 0, REASON_CRASHED),
    SAVED("cut-at", struct saved_child, child.kill_decided),
    SAVED("idle-timeout", struct saved_child, child.idle_timeout),
    SAVED("write-timeout", struct saved_child, child.write_timeout),
    SAVED("max-lifetime", struct saved_child, child.max_lifetime),
    SAVED("heard", struct saved_child, child.heard),
    SAVED("progress", struct saved_child, child.progress),
    SAVED("unanswered", struct saved_child, child.unanswered),
    SAVED("disturbed", struct saved_child, child.disturbed),
    SAVED("allowance", struct saved_child, child.allowance),
    SAVED("counted", struct saved_child, child.counted),
    SAVED("proxied", struct saved_child, child.proxied),
    SAVED("awaited", struct saved_child, child.header_pending),
    SAVED("named", struct saved_child, child.named),
    SAVED("source", struct saved_child, source),
    SAVED("clear", struct saved_child, rate_clear),
    SAVED_FD("pending", struct saved_child, pending),
    {0},
};

const struct saved_kind object_kinds[NKINDS] = {
    [KIND_HANDOVER] = {"handover", handover_fields},
    [KIND_SERVER] = {"server", server_fields},
    [KIND_DURATIONS] = {"durations", spread_fields},
    [KIND_BYTES] = {"bytes", spread_fields},
    [KIND_ENDPOINT] = {"endpoint", endpoint_fields},
    [KIND_LISTENER] = {"listener", listener_fields},
    [KIND_SOURCE] = {"source", source_fields},
    [KIND_CHILD] = {"child", child_fields},
};
