# SPDX-License-Identifier: ISC
"""The file of metrics, read strictly."""

import re

SAMPLE = re.compile(
    r'(?P<name>echod_[a-z_]+)(?:\{(?P<labels>(?:[a-z]+="[^"\n]*",?)*)\})? '
    r"(?P<value>[0-9.]+)")


def parse(text):
    """{family: type} and {(name, labels): value}; it has to be whole."""
    assert text.endswith("\n# EOF\n"), text[-200:]
    types, samples, helped = {}, {}, set()
    for line in text.splitlines()[:-1]:
        if match := re.fullmatch(r"# HELP (\S+) (\S.*\.)", line):
            helped.add(match.group(1))
        elif match := re.fullmatch(r"# TYPE (\S+) (gauge|counter|histogram)",
                                   line):
            assert match.group(1) in helped and match.group(1) not in types
            types[match.group(1)] = match.group(2)
        else:
            match = SAMPLE.fullmatch(line)
            assert match, line
            labels = dict(re.findall(r'([a-z]+)="([^"]*)"',
                                     match["labels"] or ""))
            key = match["name"], frozenset(labels.items())
            family = re.sub("_(bucket|sum|count)$", "", key[0])
            assert family in types or key[0] in types, line
            assert key not in samples, line
            samples[key] = float(match["value"])
    return types, samples


def total(samples, name, **labels):
    """The sum of the samples that have these labels."""
    return sum(value for (found, has), value in samples.items()
               if found == name and labels.items() <= set(has))
