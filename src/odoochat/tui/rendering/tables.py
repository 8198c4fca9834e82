"""Renders tables in messages; pure."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment

from odoochat.rich_text import BOLD, Run
from odoochat.tui.rendering.wrap import Line
from odoochat.tui.theme import Styles

__all__ = ["is_row", "table_lines"]

MAX_COLUMNS = 12
SEPARATOR = " | "
"""The separator that `odoochat.rich_text` inserts between cells."""


def is_row(line: Sequence[Run]) -> bool:
    """Return whether a line is a table row.

    Args:
        line: the line's runs.
    """
    return any(run.text == SEPARATOR and not run.style for run in line)


def table_lines(rows: Sequence[Sequence[Run]], styles: Styles, width: int) -> list[Line] | None:
    """Render a table with aligned columns.

    Args:
        rows: the rows' runs.
        styles: the theme's styles.
        width: width in columns.

    Returns:
        The lines; None if the table does not fit.
    """
    cells = [_cells(row) for row in rows]
    count = max(len(row) for row in cells)
    if count > MAX_COLUMNS:
        return None
    sizes = [max(cell_len(row[at][0]) if at < len(row) else 0 for row in cells) for at in range(count)]
    if sum(sizes) + 3 * (count - 1) > width:
        return None
    lines: list[Line] = []
    for number, row in enumerate(cells):
        line: Line = []
        for at, size in enumerate(sizes):
            text, bold = row[at] if at < len(row) else ("", False)
            line += [Segment(" │ ", styles.dim)] if at else []
            line.append(Segment(set_cell_size(text, size), styles.strong if bold else styles.text))
        lines.append(line)
        if not number and all(bold for _, bold in row):
            lines.append([Segment("─┼─".join("─" * size for size in sizes), styles.dim)])
    return lines


def _cells(row: Sequence[Run]) -> list[tuple[str, bool]]:
    """Return each cell's text, and whether the cell is a heading."""
    found: list[tuple[str, bool]] = [("", False)]
    for run in row:
        if run.text == SEPARATOR and not run.style:
            found.append(("", False))
        else:
            text, bold = found[-1]
            found[-1] = text + run.text, bold or bool(run.style & BOLD)
    return found
