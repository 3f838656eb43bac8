#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Who may include whom in src/: folders say which process runs a file.

parent/ may include child/ and common/; child/ and client/ may include common/;
each its own.  No header includes itself over others, and whatever is in
common/ is used, also over others of common/, by two of parent/, child/ and
client/.
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


def not_common(graph):
    graph = modules(graph)
    for name in graph:
        users = {room(user) for user in graph if name in reached(graph, user)}
        if room(name) == "common" and len(
                users & {"parent", "child", "client"}) < 2:
            yield f"src/{name} is in common/, but used by {users or 'nobody'}"


def main():
    graph = includes()
    found = [complaint for rule in (wrong_directions, cycles, not_common)
             for complaint in rule(graph)]
    for complaint in found:
        print(complaint)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
