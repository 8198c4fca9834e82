"""Splits a message body into headings, lists, tables, code, quotes and paragraphs."""

from __future__ import annotations

import re
from itertools import groupby
from operator import itemgetter
from typing import Literal

from odoochat.rich_text import HEADING, MARGIN, PRE, QUOTE, TITLE, Run, page_runs

__all__ = ["Block", "BlockKind", "blocks_of", "cells_of"]

BlockKind = Literal["text", "title", "heading", "list", "table", "code", "quote"]
Block = tuple[BlockKind, list[list[Run]]]
"""A block's type and its lines, each a list of runs."""

SEPARATOR = " | "
"""The separator that `odoochat.rich_text` inserts between cells."""
_ITEM = re.compile(r"\s*(?:-|\d+\.) ")


def blocks_of(html: str) -> list[Block]:
    """Return the blocks in a body, skipping empty lines.

    Args:
        html: the body as stored on the server.
    """
    page = page_runs(html)
    tables = "<table" in html
    kinds = ["code" if code else _kind(line, tables=tables) for code, line in zip(_code_lines(page), page, strict=True)]
    found: list[Block] = []
    for kind, group in groupby(zip(kinds, page, strict=True), itemgetter(0)):
        lines = [line for _, line in group if line or kind == "code"]
        if lines:
            found.append((kind, lines))
    return found


def cells_of(line: list[Run]) -> list[list[Run]]:
    """Return the cells in a table row.

    Args:
        line: the row.
    """
    cells: list[list[Run]] = [[]]
    for run in line:
        if _separates(run):
            cells.append([])
        else:
            cells[-1].append(run)
    return cells


def _separates(run: Run) -> bool:
    return run.text == SEPARATOR and not run.style


def _kind(line: list[Run], *, tables: bool) -> BlockKind:
    """Return the block type of a line that is not code."""
    if not line:
        return "text"
    if any(run.style & QUOTE for run in line):
        return "quote"
    if line[0].style & (TITLE | HEADING):
        return "title" if line[0].style & TITLE else "heading"
    if tables and any(_separates(run) for run in line):
        return "table"
    return "list" if line[0].style == MARGIN and _ITEM.fullmatch(line[0].text) else "text"


def _code_lines(page: list[list[Run]]) -> list[bool]:
    """Return whether each line is code; empty lines between lines of code also count as code."""
    found = [bool(runs) and all(run.style & PRE or run.style == MARGIN for run in runs) for runs in page]
    last = len(page)
    for number in [number for number, code in enumerate(found) if code]:
        if not any(page[last + 1 : number]):
            found[last + 1 : number] = [True] * (number - last - 1)
        last = number
    return found
