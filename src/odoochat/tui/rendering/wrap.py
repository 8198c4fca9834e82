"""Text in lines: where they are broken, and how marked and formatted parts are drawn; pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.segment import Segment
from rich.style import Style

from odoochat.rich_text import BOLD, CODE, ITALIC, MARGIN, PRE, QUOTE, STRIKE, Run
from odoochat.tui.rendering.code import coloured
from odoochat.tui.theme import Styles
from odoochat.wire.content.sanitize import safe_line

__all__ = ["Line", "Mark", "TextRow", "excerpt", "formatted_rows", "painted", "painted_row", "wrap"]

Line = list[Segment]
"""A line of the timeline. Textual's Strip costs ten times as much to make: that is done for lines in view alone."""

Mark = tuple[int, int, Style]
"""A part of a text, from here to there, in a style."""

TAB = 4
_TOKEN = re.compile(r"\S+|\s+")
_BARS = re.compile(r"(?:> ?)*")


def excerpt(text: str, limit: int = 200) -> str:
    """Return the beginning of a text as one line that is safe in a terminal, at a cost that its length does not change.

    Args:
        text: any text from the network.
        limit: the most characters; a longer text ends with ``…``.
    """
    return safe_line(text[: limit * 20], limit)


def wrap(text: str, width: int) -> list[tuple[int, int]]:
    """Return the start and end of the lines of a text; words are kept whole where they fit.

    Args:
        text: the text.
        width: the most cells of a line.
    """
    lines: list[tuple[int, int]] = []
    start = 0
    for paragraph in text.split("\n"):
        end = start + len(paragraph)
        if (len(paragraph) if paragraph.isascii() else cell_len(paragraph)) <= width:
            lines.append((start, end))
        else:
            lines += _broken(paragraph, start, max(width, 1))
        start = end + 1
    return lines


def _broken(paragraph: str, offset: int, width: int) -> list[tuple[int, int]]:
    lines: list[tuple[int, int]] = []
    begin = at = used = 0
    for found in _TOKEN.finditer(paragraph):
        token = found[0]
        cells = len(token) if token.isascii() else cell_len(token)
        if used + cells <= width:
            used += cells
            at = found.end()
            continue
        if token.isspace():
            # Blanks at a line's end hang over it.
            lines.append((offset + begin, offset + found.start()))
            begin = at = found.end()
            used = 0
            continue
        if used:
            lines.append((offset + begin, offset + at))
        begin = found.start()
        if cells > width:
            *whole, rest = chop_cells(token, width) or [token]  # none for signs without width
            for piece in whole:
                lines.append((offset + begin, offset + begin + len(piece)))
                begin += len(piece)
            cells = cell_len(rest)
        at, used = found.end(), cells
    if at > begin or not lines:
        lines.append((offset + begin, offset + at))
    return lines


def painted(text: str, start: int, end: int, marks: list[Mark], base: Style) -> list[Segment]:
    """Return a line of a text, with marked parts in their styles.

    Args:
        text: the text.
        start: where the line starts.
        end: where the line ends.
        marks: the marked parts of the text.
        base: the style of the rest.
    """
    parts: list[Segment] = []
    at = start
    for first, last, style in marks:
        if last <= at or first >= end:
            continue
        if first > at:
            parts.append(Segment(text[at:first], base))
        parts.append(Segment(text[max(first, at) : min(last, end)], base + style))
        at = min(last, end)
    if at < end:
        parts.append(Segment(text[at:end], base))
    return parts


# ------------------------------------------------------------------------------------ formatted


@dataclass(frozen=True, slots=True)
class TextRow:
    """A line of formatted text.

    Attributes:
        start: where it starts in the text.
        end: where it ends.
        margin: what is drawn before it: bars of quotes, the marker of a list item.
        code: whether it belongs to a code block.
    """

    start: int
    end: int
    margin: str = ""
    code: bool = False


def formatted_rows(
    lines: list[list[Run]], text: str, marks: list[Mark], styles: Styles, width: int
) -> tuple[list[TextRow], list[Mark]] | None:
    """Break formatted lines to a width.

    Args:
        lines: the lines, as `page_runs` returns them.
        text: the same text, with tabs as blanks.
        marks: addresses and names in the text. In code, names are plain text.
        styles: how the parts are drawn.
        width: columns.

    Returns:
        The lines, and the whole text as marks; None when the lines are not those of the text.
    """
    lines = [_expanded(line) for line in lines]
    if "\n".join("".join([run.text for run in line]) for line in lines) != text:
        return None
    rows: list[TextRow] = []
    spans: list[tuple[int, int, Run]] = []
    at, was_code = 0, False
    for line in lines:
        begin = at
        for run in line:
            spans.append((at, at + len(run.text), run))
            at += len(run.text)
        margin = line[0].text if line and line[0].style & MARGIN else ""
        code = bool(line[-1].style & PRE) if line else was_code
        rows += _rows(text, begin, at, margin, width, code=code)
        was_code = code
        at += 1
    below = False
    for place in range(len(rows) - 1, -1, -1):  # an empty line belongs to a block of code that goes on below it
        row = rows[place]
        if row.code and row.start == row.end and not below:
            row = rows[place] = TextRow(row.start, row.end, row.margin)
        below = row.code
    return rows, _layers(spans, marks, text, styles)


def _expanded(line: list[Run]) -> list[Run]:
    """Return a line with tabs as blanks."""
    column = 0
    runs: list[Run] = []
    for run in line:
        if "\t" in run.text:
            before = column % TAB
            runs.append(run._replace(text=(" " * before + run.text).expandtabs(TAB)[before:]))
        else:
            runs.append(run)
        column += len(runs[-1].text)
    return runs


def _rows(text: str, start: int, end: int, margin: str, width: int, *, code: bool) -> list[TextRow]:
    bars = _BARS.match(margin)
    depth = bars[0].count(">") if bars else 0
    rest = margin[bars.end() :] if bars else ""
    first = "▏ " * depth + (f"{rest[:-2]}• " if rest.endswith("- ") else rest)
    most = max(width // 2, 0)
    first = first if len(first) <= most else set_cell_size(first, most)
    later = "▏ " * depth + " " * len(rest)
    later = later[: len(first)]
    body = start + len(margin)
    places = wrap(text[body:end], width - len(first))
    return [TextRow(body + a, body + b, later if n else first, code) for n, (a, b) in enumerate(places)]


def _layers(spans: list[tuple[int, int, Run]], marks: list[Mark], text: str, styles: Styles) -> list[Mark]:
    """Formats and marks as parts that touch but do not overlap."""
    cuts = sorted({0, len(text), *(p for a, b, _ in spans for p in (a, b)), *(p for a, b, _ in marks for p in (a, b))})
    made: dict[tuple[int, str], Style] = {}
    found: list[Mark] = []
    span = mark = 0
    for start, end in pairwise(cuts):
        while span < len(spans) and spans[span][1] <= start:
            span += 1
        while mark < len(marks) and marks[mark][1] <= start:
            mark += 1
        run = spans[span][2] if span < len(spans) and spans[span][0] <= start else None
        style = styles.text
        if run is not None:
            key = run[1:]
            if key not in made:
                made[key] = _style(run, styles)
            style = made[key]
        if mark < len(marks) and marks[mark][0] <= start and not (run and run.link):
            first, _, own = marks[mark]
            if not (run and run.style & (CODE | PRE)) or text.startswith(("http", "mailto:"), first):
                style += own
        joined = found.pop()[0] if found and found[-1][2] is style else start
        found.append((joined, end, style))
    return found


def _style(run: Run, styles: Styles) -> Style:
    style = styles.text
    if run.style & QUOTE:
        style += styles.quote
    if run.style & (CODE | PRE):
        style += styles.code
    if run.style & (BOLD | ITALIC | STRIKE):
        style += Style(
            bold=bool(run.style & BOLD) or None,
            italic=bool(run.style & ITALIC) or None,
            strike=bool(run.style & STRIKE) or None,
        )
    return style + styles.link + Style.from_meta({"link": run.link}) if run.link else style


def painted_row(row: TextRow, text: str, layers: list[Mark], styles: Styles, width: int) -> Line:
    """Return a line in its styles; the background of a code block reaches the right edge.

    Args:
        row: the line.
        text: the text.
        layers: the whole text as marks.
        styles: how the margin and code are drawn.
        width: columns.
    """
    parts = [Segment(row.margin, styles.dim)] if row.margin else []
    own = len(parts)
    at = bisect_right(layers, row.start, key=lambda layer: layer[0]) - 1
    while 0 <= at < len(layers) and layers[at][0] < row.end:
        start, end, style = layers[at]
        parts.append(Segment(text[max(start, row.start) : min(end, row.end)], style))
        at += 1
    if row.code and not any(part.style is not None and part.style.meta for part in parts[own:]):
        parts[own:] = coloured(text[row.start : row.end], styles)
    if row.code and (room := width - len(row.margin) - cell_len(text[row.start : row.end])) > 0:
        parts.append(Segment(" " * room, styles.code))
    return parts
