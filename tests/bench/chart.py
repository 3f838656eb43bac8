# SPDX-License-Identifier: ISC
"""One picture of the figures: a panel of bars for each metric, as SVG."""

from html import escape

# title, metric, factor, decimals
PANELS = [
    ("connections per second, 16 clients", "rate/16", 1, 0),
    ("memory per session, kB", "memory/all", 1e-3, 0),
    ("round trip 64 B, p99, µs", "rtt/64/p99", 1, 0),
    ("bulk, one connection, GB/s", "bulk/1", 1, 2),
]
COLOURS = {
    "floor": "#8a8a8a",
    "echod": "#1f6feb",
    "peer": "#c9822b",
    "scale": "#7d9a58",
}
LEGEND = {
    "floor": "the floor: fork and nothing else",
    "echod": "echod",
    "peer": "others, a process per client",
    "scale": "no process per client",
}
WIDTH, PANEL_WIDTH = 1080, 540
LABEL, BAR, ROW, HEAD, TOP = 150, 300, 19, 36, 64


def _text(x, y, text, extra=""):
    return f'<text x="{x:.0f}" y="{y:.0f}" {extra}>{escape(text)}</text>'


def _panel(x, y, panel, servers, rounds, median):
    title, metric, factor, decimals = panel
    lines = [_text(x + LABEL, y + 18, title, 'font-weight="bold"')]
    values = {s.name: median(rounds, s.name, metric) for s in servers}
    most = max((v for v in values.values() if v is not None), default=0)
    for row, server in enumerate(servers):
        top = y + HEAD + row * ROW
        value = values[server.name]
        label = 'text-anchor="end"'
        lines.append(_text(x + LABEL - 8, top + 11, server.name, label))
        if value is None or most == 0:
            lines.append(_text(x + LABEL, top + 11, "not measured"))
            continue
        width = max(1, value / most * BAR)
        lines.append(
            f'<rect x="{x + LABEL}" y="{top}" width="{width:.1f}" '
            f'height="{ROW - 5}" fill="{COLOURS[server.kind]}"/>'
        )
        shown = f"{value * factor:,.{decimals}f}"
        lines.append(_text(x + LABEL + width + 6, top + 11, shown))
    return lines


def _legend():
    lines = []
    for number, (kind, text) in enumerate(LEGEND.items()):
        x = 20 + number * 260
        lines.append(
            f'<rect x="{x}" y="36" width="12" height="12" '
            f'fill="{COLOURS[kind]}"/>'
        )
        lines.append(_text(x + 18, 46, text))
    return lines


def draw(about, table, rounds, median):
    servers = [s for s in table if not s.missing]
    height = HEAD + ROW * len(servers) + 16
    total = TOP + height * ((len(PANELS) + 1) // 2)
    title = (
        f"echod side by side: {about['model']}, {about['processors']} "
        f"processors, Linux {about['kernel']}"
    )
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} '
        f'{total}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{total}" fill="#ffffff"/>',
        _text(20, 22, title, 'font-size="15" font-weight="bold"'),
    ]
    lines += _legend()
    for number, panel in enumerate(PANELS):
        x = number % 2 * PANEL_WIDTH
        y = TOP + number // 2 * height
        lines += _panel(x, y, panel, servers, rounds, median)
    return "\n".join(lines) + "\n</svg>\n"
