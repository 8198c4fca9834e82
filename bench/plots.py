"""Plots for the page: small SVG files that are readable in light and dark mode."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import log10

from bench.figures import Row, Series

WIDTH, LABELS, VALUES = 880, 410, 90
LONGEST = 62
"""Characters of a label."""

ROW, BAR, TOP = 34, 9, 34
STYLE = """
.paper { fill: #ffffff } text { fill: #24292f; font: 12px system-ui, sans-serif } .soft { fill: #57606a }
.ours { fill: #0969da } .theirs { fill: #8c959f } .missed { fill: #bf3989 }
.line { stroke: #24292f; stroke-width: 1 } .grid { stroke: #d0d7de; stroke-width: 1 }
@media (prefers-color-scheme: dark) {
.paper { fill: #0d1117 } text { fill: #e6edf3 } .soft { fill: #9198a1 }
.ours { fill: #4493f8 } .theirs { fill: #6e7681 } .missed { fill: #f778ba }
.line { stroke: #e6edf3 } .grid { stroke: #30363d }
}
""".replace("\n", " ")


def number(value: float) -> str:
    """Return a number with three significant digits."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 0.001 else f"{value:.4f}".rstrip("0").rstrip(".")


def bars(title: str, rows: Sequence[Row]) -> str:
    """Return a plot with two bars for each figure: the medians, with lines from the 5th to the 95th percentile.

    Args:
        title: the plot's title.
        rows: the figures. Each has its own scale, because their units differ.
    """
    body: list[str] = []
    room = WIDTH - LABELS - VALUES
    for place, row in enumerate(rows):
        y = TOP + place * ROW
        most = max(row.ours.worse, row.ours.better, row.theirs.worse, row.theirs.better) or 1.0
        body.append(_text(LABELS - 10, y + 10, _short(row.what), "end"))
        body.append(_text(LABELS - 10, y + 23, f"against {row.against}", "end", "soft"))
        for at, series, kind in ((y, row.ours, "ours"), (y + BAR + 3, row.theirs, "theirs")):
            scale = room / most
            body.append(_bar(LABELS, at, max(series.median, 0) * scale, kind))
            if series.count > 1:
                body.append(_spread(series, scale, at + BAR / 2))
            end = max(series.median, series.worse, series.better) * scale
            body.append(_text(LABELS + end + 6, at + BAR, f"{number(series.median)} {row.unit}", "start", "soft"))
    legend = (
        f'<rect class="ours" x="{LABELS}" y="10" width="10" height="10"/>'
        + _text(LABELS + 15, 19, "odoochat")
        + f'<rect class="theirs" x="{LABELS + 85}" y="10" width="10" height="10"/>'
        + _text(LABELS + 100, 19, "the other side, or the limit")
    )
    return _svg(title, TOP + len(rows) * ROW + 4, [legend, *body])


def distances(title: str, groups: Sequence[tuple[str, Sequence[Row]]]) -> str:
    """Return a plot of how far each figure is from its aim; figures to the left of the line meet it.

    Args:
        title: the plot's title.
        groups: the figures of each benchmark, with its name.
    """
    step, low, high = 15, 0.1, 10.0
    room = WIDTH - LABELS - 30
    body, y = list[str](), TOP + 14

    def x(value: float) -> float:
        share = (log10(min(max(value, low), high)) - log10(low)) / (log10(high) - log10(low))
        return LABELS + share * room

    for name, rows in groups:
        body.append(_text(LABELS - 12, y + 10, name, "end", "soft"))
        y += step
        names = [row.what for row in rows]
        for row in rows:
            label = f"{row.what} / {row.against}" if names.count(row.what) > 1 else row.what
            body.append(_text(LABELS - 12, y + 10, _short(label), "end"))
            at = x(distance(row))
            kind = "ours" if row.holds else "missed"
            body.append(f'<circle class="{kind}" cx="{at:.1f}" cy="{y + 6}" r="4.5"/>')
            y += step
        y += 6
    grid = [
        _line(x(value), TOP, x(value), y, "line" if value == 1 else "grid")
        + _text(x(value), TOP - 6, "aim" if value == 1 else f"{value:g}", "middle", "soft")
        for value in (0.1, 0.2, 0.5, 1, 2, 5, 10)
    ]
    return _svg(title, y + 6, [*grid, *body])


def distance(row: Row) -> float:
    """Return the measured value as a multiple of the aim; a value below 1 is better than the aim."""
    measured = row.ratio
    if row.measure == "difference":
        measured = row.difference.median if row.difference else row.ours.median - row.theirs.median
    if row.more_is_better:
        return row.aim / measured if measured > 0 else float("inf")
    return measured / row.aim if row.aim else float(measured > 0) * 10


def _short(label: str) -> str:
    return label if len(label) <= LONGEST else f"{label[: LONGEST - 1]}…"


def _bar(x: float, y: float, width: float, kind: str) -> str:
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{max(width, 1):.1f}" height="{BAR}" rx="1"/>'


def _spread(series: Series, scale: float, y: float) -> str:
    low, high = sorted((max(series.better, 0) * scale, max(series.worse, 0) * scale))
    return _line(LABELS + low, y, LABELS + high, y, "line")


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, text: str, anchor: str = "start", kind: str = "") -> str:
    shown = f' class="{kind}"' if kind else ""
    return f'<text{shown} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(title: str, height: float, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" '
        f'height="{height:.0f}" role="img">\n<title>{escape(title)}</title>\n<style>{STYLE}</style>\n'
        f'<rect class="paper" width="{WIDTH}" height="{height:.0f}" rx="6"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )
