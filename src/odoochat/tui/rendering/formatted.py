"""Renders formatted text as lines: headings, lists, quotes, tables and code; pure.

Most messages are plain, so this module and the HTML parser are not imported until the first formatted one appears.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate, pairwise

from msgspec import Struct
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

from odoochat.model import Message
from odoochat.rich_text import (
    BOLD,
    CODE,
    HEADING,
    ITALIC,
    MARGIN,
    PRE,
    QUOTE,
    STRIKE,
    TITLE,
    Run,
    has_format,
    page_runs,
)
from odoochat.tui.rendering.code import coloured
from odoochat.tui.rendering.context import RenderContext
from odoochat.tui.rendering.tables import is_row, table_lines
from odoochat.tui.rendering.wrap import MAX_LINES, Line, Mark, wrap
from odoochat.tui.theme import Styles
from odoochat.wire.content.sanitize import safe_text

__all__ = ["formatted_lines", "has_blocks"]

TAB = 4
_BARS = re.compile(r"(?:> ?)*")
_BLOCKS = re.compile(r"</(?:p|ul|ol|pre|table|blockquote)>\s*(?=<(?:p|h[1-6]|pre|table|blockquote)[\s>])")
"""Matches where a paragraph, heading, code block, table or quote follows another block; lists need no separation."""
_TAGS = re.compile(r"<(/?)(blockquote|li|td|p|ul|ol|pre|table)[^<>]*>")
_NESTING = ("blockquote", "li", "td")
_TITLE = "<h"


def has_blocks(html: str) -> bool:
    """Return whether a body has formatting or needs space between paragraphs.

    Args:
        html: the body.
    """
    return has_format(html) or _BLOCKS.search(html) is not None


def formatted_lines(
    message: Message, text: str, marks_of: Callable[[str], list[Mark]], context: RenderContext, room: int, edited: str
) -> tuple[int, list[Line]] | None:
    """Render a formatted body as lines.

    Args:
        message: the message.
        text: the message's text as displayed.
        marks_of: a function that returns the addresses and names in some text.
        context: the render context.
        room: width in columns.
        edited: the mark to append to an edited message; empty if the message was not edited.

    Returns:
        The total number of lines, and the lines to show; None if the body must be shown as plain text.
    """
    styles = context.styles
    lines = page_runs(message.html)
    if (
        "\n".join("".join(run.text for run in line) for line in lines).expandtabs(4) != text
        and "\t" not in message.html
    ):
        return None  # the formatted text differs from the message's text
    lines = _spaced(message, lines)
    if (spaced := safe_text("\n".join("".join(run.text for run in line) for line in lines)).expandtabs(4)) != text:
        text = spaced
    marks = marks_of(text)
    if edited:
        lines[-1].append(Run(edited))
        marks = [*marks, (len(text), len(text) + len(edited), styles.dim)]
        text += edited
    found = formatted_rows(lines, text, marks, styles, room)
    if found is None:
        return None
    rows, layers = found
    tables = _tables(lines, styles, room) if "<table" in message.html else {}
    titles = (
        {at for at, line in enumerate(lines) if line and line[0].style & TITLE} if _TITLE in message.html else set()
    )
    if not tables and not titles:
        return len(rows), [painted_row(row, text, layers, styles, room) for row in rows[:MAX_LINES]]
    starts = [*accumulate((sum(len(run.text) for run in line) + 1 for line in lines), initial=0)]
    drawn: list[Line] = []
    last = -1
    for place, row in enumerate(rows):
        at = bisect_right(starts, row.start) - 1
        if at in tables:
            drawn += tables.pop(at)
            last = _table_end(lines, at)
        elif at > last:
            drawn.append(painted_row(row, text, layers, styles, room))
            ends = place + 1 == len(rows) or rows[place + 1].start >= starts[at + 1]
            if at in titles and ends:
                drawn.append(_rule(drawn[-1], styles))
    return len(drawn), drawn[:MAX_LINES]


def _rule(title: Line, styles: Styles) -> Line:
    """Return an underline as long as the title."""
    return [Segment("─" * sum(cell_len(part.text) for part in title), styles.dim)]


def _table_end(lines: list[list[Run]], at: int) -> int:
    """Return the index of a table's last row."""
    while at + 1 < len(lines) and is_row(lines[at + 1]):
        at += 1
    return at


def _tables(lines: list[list[Run]], styles: Styles, room: int) -> dict[int, list[Line]]:
    """Render the tables that fit the width, keyed by the index of the first row."""
    found: dict[int, list[Line]] = {}
    at = 0
    while at < len(lines):
        end = _table_end(lines, at) if is_row(lines[at]) else at
        if end > at and (drawn := table_lines(lines[at : end + 1], styles, room)) is not None:
            found[at] = drawn
        at = end + 1
    return found


def _apart(html: str) -> str:
    """Insert a line break between top-level blocks."""
    parts: list[str] = []
    at = depth = 0
    for tag in _TAGS.finditer(html):
        if tag[2] in _NESTING:
            depth = max(depth - 1, 0) if tag[1] else depth + 1
        if not depth and tag[1] and (edge := _BLOCKS.match(html, tag.start())) is not None:
            parts += (html[at : edge.end()], "<br>")
            at = edge.end()
    return "".join((*parts, html[at:]))


def _spaced(message: Message, lines: list[list[Run]]) -> list[list[Run]]:
    """Insert a blank line between a body's blocks without changing the words."""
    html = _apart(message.html)
    if html == message.html:
        return lines
    spaced = page_runs(html)
    words = [[run.text for run in line] for line in lines if line]
    return spaced if [[run.text for run in line] for line in spaced if line] == words else lines


class TextRow(Struct, frozen=True):
    """A line of formatted text.

    Attributes:
        start: the index in the text where the row starts.
        end: the index in the text where the row ends.
        margin: the row's prefix: quote bars or a list marker.
        code: whether the row is in a code block.
    """

    start: int
    end: int
    margin: str = ""
    code: bool = False


def formatted_rows(
    lines: list[list[Run]], text: str, marks: list[Mark], styles: Styles, width: int
) -> tuple[list[TextRow], list[Mark]] | None:
    """Wrap formatted lines to a width.

    Args:
        lines: the lines, as returned by `page_runs`.
        text: the same text with tabs expanded.
        marks: the addresses and names in the text; names in code are ignored.
        styles: the theme's styles.
        width: width in columns.

    Returns:
        The rows, and marks that cover the whole text; None if the lines do not match the text.
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
    for place in range(len(rows) - 1, -1, -1):  # an empty line belongs to the code block that continues below it
        row = rows[place]
        if row.code and row.start == row.end and not below:
            row = rows[place] = TextRow(row.start, row.end, row.margin)
        below = row.code
    return rows, _layers(spans, marks, text, styles)


def _expanded(line: list[Run]) -> list[Run]:
    """Expand tabs in a line."""
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
    """Merge formatting and marks into adjacent, non-overlapping marks."""
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
            underline=bool(run.style & HEADING) or None,
            italic=bool(run.style & ITALIC) or None,
            strike=bool(run.style & STRIKE) or None,
        )
    return style + styles.link + Style.from_meta({"link": run.link}) if run.link else style


def painted_row(row: TextRow, text: str, layers: list[Mark], styles: Styles, width: int) -> Line:
    """Render a row with its styles. A code block's background extends to the right edge.

    Args:
        row: the row.
        text: the text.
        layers: marks that cover the whole text.
        styles: the theme's styles, for the margin and code.
        width: width in columns.
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
