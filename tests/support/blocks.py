# SPDX-License-Identifier: ISC
"""Which lines of the sources a block of a COVERAGE=1 build stands for."""

import bisect
import collections
import re
import subprocess

TRACER = "__sanitizer_cov_trace_pc"


def output(*command, **options):
    return subprocess.run(command, check=True, text=True,
                          stdout=subprocess.PIPE, **options).stdout


def calls(program):
    """The addresses that calls of the tracer return to: one in each block."""
    text = output("objdump", "-d", "--no-show-raw-insn", program)
    return sorted(int(address, 16) for address in re.findall(
        rf"\b(?:call|bl)\s.*<{TRACER}>\n\s*([0-9a-f]+):", text))


def functions(program):
    return sorted(int(line.split()[0], 16)
                  for line in output("nm", program).splitlines()
                  if line.split()[-2] in "tT")


def rows(program):
    """The line table: (address, file, line)."""
    table = output("objdump", "--dwarf=decodedline", program)
    addresses = sorted(set(re.findall(r"\s(0x[0-9a-f]+)\s", table)))
    places = output("addr2line", "-e", program,
                    input="\n".join(addresses)).splitlines()
    for address, place in zip(addresses, places):
        if match := re.match(r"(?:.*/)?(src/\S+):(\d+)", place):
            yield int(address, 16), match[1], int(match[2])


def lines(program):
    """{block: {(file, line), ...}}, as blocks are called in a trace."""
    begins, entries = calls(program), functions(program)
    found = collections.defaultdict(set)
    for address, file, line in rows(program):
        entry = entries[bisect.bisect_right(entries, address) - 1]
        number = bisect.bisect_right(begins, address + 5) - 1
        if number < 0 or begins[number] < entry:
            number += 1  # before the function's first block is noted
        if number < len(begins):
            found[begins[number]].add((file, line))
    return found
