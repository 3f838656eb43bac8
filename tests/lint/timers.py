#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A timer belongs to the module whose deadline it is: nobody else sets it.

A timer is a member of a structure in x.h, and x.c alone sets and clears it.
The call names the structure, as in timer_set(&server->drain.turn, now), so
that a reader sees whose it is.
"""

import pathlib
import re
import sys

SRC = pathlib.Path(__file__).resolve().parents[2] / "src"
STRUCTURE = re.compile(r"^struct (\w+) \{\n(.*?)^\}", re.M | re.S)
TIMER = re.compile(r"^\tstruct timer\s+(\w+);", re.M)
CALL = re.compile(r"\btimer_(?:set|arm|clear)\(\s*&([\w.>-]+)")
ANY_CALL = re.compile(r"\btimer_(?:set|arm|clear)\(")


def owners():
    """{(structure, timer): the file that declares it, without its ending}"""
    return {(name, timer): path.with_suffix("")
            for path in SRC.glob("**/*.h")
            for name, body in STRUCTURE.findall(path.read_text())
            for timer in TIMER.findall(body)}


def complaints():
    unset = owners()
    declared = dict(unset)
    for path in sorted(SRC.glob("**/*.c")):
        text, shown = path.read_text(), path.relative_to(SRC.parent)
        if path.stem == "timers":
            continue
        calls = CALL.findall(text)
        if len(calls) != len(ANY_CALL.findall(text)):
            yield f"{shown}: a call does not say &STRUCTURE->TIMER"
        for call in calls:
            key = tuple(re.split(r"->|\.", call)[-2:])
            if key not in declared:
                yield f"{shown}: no header declares the timer {call}"
            elif declared[key] != path.with_suffix(""):
                yield f"{shown}: sets {call}, a timer of {declared[key].name}"
            unset.pop(key, None)
    for (name, timer), path in unset.items():
        yield f"{path.relative_to(SRC.parent)}: nobody sets {name}.{timer}"


def main():
    found = list(complaints())
    for complaint in found:
        print(complaint)
    return bool(found) or not owners()


if __name__ == "__main__":
    sys.exit(main())
