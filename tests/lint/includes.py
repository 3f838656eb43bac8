#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Who may include whom in src/: folders say which process runs a file.

parent/ may include child/ and common/; child/ and client/ may include common/;
each its own.  No header includes itself over others, nor does a module, which
is x.c with x.h, but for TOP and MUTUAL.  Whatever is in common/ is used, also
over others of common/, by two of parent/, child/ and client/.
"""

import pathlib
import re
import sys

SRC = pathlib.Path(__file__).resolve().parents[2] / "src"
ALLOWED = {
    "echod": {"parent", "common"},
    "echoc": {"client", "common"},
    "parent": {"parent", "child", "common"},
    "child": {"child", "common"},
    "client": {"client", "common"},
    "common": {"common"},
}
# The top of the parent.  struct server holds the state of these modules, which
# act on each other's: admitting a client needs the settings, the tables and the
# limits, reaping one the same and the counters.  So each is given the whole.
# All others are given their own part and what they use.
TOP = {"parent/" + name for name in (
    "acceptor", "drain", "exporter", "reaper", "reload", "reports", "server",
    "status", "upgrade/objects", "upgrade/restore", "upgrade/retire",
    "upgrade/state", "upgrade/takeover", "upgrade/upgrade")} | {"echod"}
SERVER = "parent/server"
# Modules that use each other for a reason.
MUTUAL = {
    ("client/target", "client/output"):
        "fatal() prints the results, which describe the target",
    ("client/load/pool", "client/load/connection"):
        "a connection moves between the pool's queues, whose loop acts on it",
}
INCLUDE = re.compile(r'^#include "([^"]+)"', re.M)


def room(name):
    return name.split("/")[0].split(".")[0]


def module(name):
    """x of x.c and x.h, which are used together."""
    return name[:-2]


def includes():
    """{file: the headers that it includes}"""
    return {str(path.relative_to(SRC)): INCLUDE.findall(path.read_text())
            for path in sorted(SRC.glob("**/*.[ch]"))}


def reached(graph, begin):
    """All that it includes, also over others."""
    seen, ahead = set(), [begin]
    while ahead:
        for other in set(graph.get(ahead.pop(), ())) - seen:
            seen.add(other)
            ahead.append(other)
    return seen


def modules(graph):
    """The same graph with x.c and x.h as one."""
    merged = {}
    for name, others in graph.items():
        merged.setdefault(module(name), set()).update(map(module, others))
    return merged


def wrong_directions(graph):
    for name, others in graph.items():
        for other in others:
            if room(other) not in ALLOWED[room(name)]:
                yield f"src/{name} must not include {other}"


def cycles(graph):
    for name in graph:
        if name in reached(graph, name):
            yield f"src/{name} includes itself, over others"


def module_cycles(graph):
    graph = modules(graph)
    for name, other in MUTUAL:
        if other not in graph.get(name, ()):
            yield f"src/{name} no longer includes {other}: no exception"
    for name, others in graph.items():
        for other in others & TOP if name not in TOP else ():
            yield f"src/{name} must not know {other}, which is above it"
        if name in TOP and SERVER not in others:
            yield f"src/{name} need not be at the top"
        others -= {name, SERVER}
        others -= {other for other in others if (name, other) in MUTUAL}
    for name in graph:
        if name in reached(graph, name):
            yield f"src/{name}.[ch] includes itself, over other modules"


def not_common(graph):
    graph = modules(graph)
    for name in graph:
        users = {room(user) for user in graph if name in reached(graph, user)}
        if room(name) == "common" and len(
                users & {"parent", "child", "client"}) < 2:
            yield f"src/{name} is in common/, but used by {users or 'nobody'}"


def main():
    graph = includes()
    found = [complaint for rule in (wrong_directions, cycles, module_cycles,
                              not_common)
             for complaint in rule(graph)]
    for complaint in found:
        print(complaint)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
