# SPDX-License-Identifier: ISC
"""
From the rounds to a table in Markdown, a picture, and every figure as TSV and
JSON.  A figure is the median of the rounds; a ratio is the median of each
round's ratio, so that what slowed a whole round cancels out.
"""

import json
import statistics

import chart

# title, metric, unit, factor, decimals, what to show of it: v the value,
# r the ratio to the floor
TABLES = [
    (
        "Connections per second (connect, 64 B, close), ratio to the floor, "
        "and the server's CPU time for one",
        [
            ("1 client", "rate/1", "/s", 1, 0, "vr"),
            ("16 clients", "rate/16", "/s", 1, 0, "vr"),
            ("64 clients", "rate/64", "/s", 1, 0, "vr"),
            ("CPU, 16 clients", "rate-cpu/16", "µs", 1, 0, "vr"),
            ("first byte p50", "first-byte/p50", "µs", 1, 0, "v"),
            ("first byte p99", "first-byte/p99", "µs", 1, 0, "v"),
        ],
    ),
    (
        "The same with sessions held open (16 clients), ratio to none held; "
        "a live session's memory, kernel memory included; a refused "
        "connection; 25,000 sessions stopped",
        [
            ("5,000 held", "held/5000", "/s", 1, 0, "v"),
            ("ratio", "held-ratio/5000", "", 1, 2, "v"),
            ("15,000 held", "held/15000", "/s", 1, 0, "v"),
            ("ratio", "held-ratio/15000", "", 1, 2, "v"),
            ("memory", "memory/all", "kB", 1e-3, 1, "vr"),
            ("of it kernel", "memory/kernel", "kB", 1e-3, 1, "v"),
            ("refused CPU", "refused/cpu", "µs", 1, 1, "v"),
            ("stop of 25,000", "crowd/stop", "s", 1, 1, "v"),
        ],
    ),
    (
        "Round trip, one connection (µs, ratio to the floor)",
        [
            (f"{size} B {p}", f"rtt/{size}/{p}", "", 1, 1, "vr")
            for size in (1, 64, 1024, 16384)
            for p in ("p50", "p99", "p99.9")
        ],
    ),
    (
        "Bulk: GB/s echoed and the server's CPU seconds per GB, ratio to the "
        "floor",
        [
            ("1 connection", "bulk/1", "GB/s", 1, 2, "vr"),
            ("CPU", "bulk-cpu/1", "s/GB", 1, 3, "vr"),
            ("8 connections", "bulk/8", "GB/s", 1, 2, "vr"),
            ("CPU", "bulk-cpu/8", "s/GB", 1, 3, "vr"),
        ],
    ),
]


def _values(rounds, name, metric):
    found = (r.get(name, {}).get(metric) for r in rounds)
    return [value for value in found if value is not None]


def median(rounds, name, metric):
    values = _values(rounds, name, metric)
    return statistics.median(values) if values else None


def ratio(rounds, name, metric, base="floor"):
    """The median of the rounds' ratios; None where there are none."""
    ratios = []
    for r in rounds:
        mine = r.get(name, {}).get(metric)
        other = r.get(base, {}).get(metric)
        if mine is not None and other:
            ratios.append(mine / other)
    return statistics.median(ratios) if ratios else None


def _cell(rounds, name, column):
    _, metric, _, factor, decimals, show = column
    value = median(rounds, name, metric)
    if value is None:
        return "–"
    text = f"{value * factor:,.{decimals}f}"
    compared = ratio(rounds, name, metric) if "r" in show else None
    return text if compared is None else f"{text} ({compared:.2f})"


def _table(title, columns, table, rounds):
    columns = [
        c for c in columns if any(_values(rounds, s.name, c[1]) for s in table)
    ]
    if not columns:
        return []
    heads = [f"{c[0]} {c[2]}".strip() for c in columns]
    lines = [f"**{title}**", "", "| server | " + " | ".join(heads) + " |"]
    lines.append("|---|" + "---:|" * len(columns))
    for server in table:
        cells = [_cell(rounds, server.name, c) for c in columns]
        if any(cell != "–" for cell in cells):
            lines.append(f"| {server.name} | " + " | ".join(cells) + " |")
    return lines + [""]


def markdown(about, table, rounds):
    lines = [
        f"{about['model']}, {about['processors']} processors, "
        f"Linux {about['kernel']}; medians of {about['rounds']} interleaved "
        f"rounds, loads of {about['seconds']:g} s; {about['date']}.",
        "",
    ]
    for title, columns in TABLES:
        lines += _table(title, columns, table, rounds)
    lines += ["**Servers**", "", "| server | version | half-close |"]
    lines.append("|---|---|---|")
    for s in table:
        if not s.missing:
            lines.append(f"| {s.name} | {s.version} | {s.half_close} |")
    lines += [f"\nMissing: {s.name}: {s.missing}" for s in table if s.missing]
    lines += [
        f"\n{s.name} failed in {measure}: {what}"
        for s in table
        for measure, what in s.failures.items()
    ]
    return "\n".join(lines) + "\n"


def tsv(table, rounds):
    head = "server metric median min max rounds ratio_to_floor"
    lines = ["\t".join(head.split())]
    for s in table:
        metrics = {m for r in rounds for m in r.get(s.name, {})}
        for metric in sorted(metrics):
            values = _values(rounds, s.name, metric)
            compared = ratio(rounds, s.name, metric)
            row = [statistics.median(values), min(values), max(values)]
            cells = [f"{value:.6g}" for value in row] + [str(len(values))]
            cells.append("" if compared is None else f"{compared:.4f}")
            lines.append("\t".join([s.name, metric, *cells]))
    return "\n".join(lines) + "\n"


def write(directory, about, table, rounds):
    """Writes all four files; returns the table."""
    text = markdown(about, table, rounds)
    servers = [
        {
            "name": s.name,
            "kind": s.kind,
            "version": s.version,
            "half_close": s.half_close,
            "missing": s.missing,
            "failures": s.failures,
            "command": [c.rsplit("/", 1)[-1] for c in s.command],
        }
        for s in table
    ]
    everything = {"about": about, "servers": servers, "rounds": rounds}
    files = {
        "table.md": text,
        "results.tsv": tsv(table, rounds),
        "results.json": json.dumps(everything, indent=1) + "\n",
        "chart.svg": chart.draw(about, table, rounds, median),
    }
    for name, content in files.items():
        with open(f"{directory}/{name}", "w", encoding="utf-8") as f:
            f.write(content)
    return text
