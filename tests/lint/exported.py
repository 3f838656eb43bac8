#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""usage: exported.py BUILD

No function or variable is public that only its own file uses, unless a unit
test or a fuzzer names it.  BUILD has the objects of both programs.
"""

import pathlib
import re
import subprocess
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
# Called by libc, in the place of its own; in assembly, where -flto may part it
# from its only user.
OTHERS = ("__wrap_", "__real_", "signals_return")


def symbols(path):
    """What an object file offers and what it needs."""
    text = subprocess.run(["nm", "-g", path], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    offered, needed = set(), set()
    for line in text.splitlines():
        *_, kind, name = line.split()
        (needed if kind in "Uw" else offered).add(name)
    return offered, needed


def named_by_tests():
    return {name for path in TESTS.glob("*/*.[ch]")
            for name in re.findall(r"\w+", path.read_text())}


def main(build):
    files = sorted(path for path in build.glob("src/**/*.o")
                   if path.relative_to(build).with_suffix(".c").exists())
    found = {path: symbols(path) for path in files}
    needed = {"main"} | named_by_tests()
    needed = needed.union(*(needs for _, needs in found.values()))
    bad = [f"{path.relative_to(build).with_suffix('.c')}: {name} can be static"
           for path, (offered, _) in found.items()
           for name in sorted(offered - needed)
           if not name.startswith(OTHERS)]
    print("\n".join(bad), end="\n" if bad else "")
    return bool(bad) or not files


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
