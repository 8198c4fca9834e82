"""Renders the help of the program and of each command in the style of cyclopts, without importing the commands.

``make docs`` generates the texts of the pages from the commands.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypedDict
from unicodedata import east_asian_width

from odoochat.cli.streams import discard_output, is_output_utf8

__all__ = ["PAGES_FILE", "HelpPage", "load_help_page", "print_help_page", "render_help_page"]

PAGES_FILE = Path(__file__).with_name("help_pages.json")

NARROWEST = 60
"""Minimum width in columns; cyclopts uses a different layout on narrower terminals."""

NAME_SHARE = 0.35
"""Maximum share of the width for the names of options, as in cyclopts."""

REQUIRED = "[required]"
_NOTES = re.compile(r"(?: ?\[(?:(?:choices|default|env var): [^\]]*|required)\])+$")
_PRIVATE = 0xE000
"""First code point of Unicode's private use area, which marks the characters of notes while lines are broken."""
_SECOND_CELL = "\uf8ff"
"""Stands for the second cell of a wide character while lines are broken."""
_MARKED = re.compile(f"[{chr(_PRIVATE)}-{chr(_PRIVATE + 0x7F)}]+")


class HelpPage(TypedDict):
    """The texts of a page.

    Attributes:
        before: lines above the first panel.
        panels: the panels with their titles and rows, each with the name of a command or option and its description.
        after: lines below the last panel.
    """

    before: list[str]
    panels: list[tuple[str, list[tuple[str, str]]]]
    after: list[str]


def load_help_page(command: str) -> HelpPage | None:
    """Load a page.

    Args:
        command: the words of the command, e.g. ``webhook serve``; an empty string for the program.

    Returns:
        The page; None if there is no such command.

    Raises:
        OSError: the installation is damaged.
    """
    stored = json.loads(PAGES_FILE.read_text("utf-8"))
    page = stored["pages"].get(command)
    if page is None:
        return None
    panels = [(title, stored["shared"][title] if rows is None else rows) for title, rows in page["panels"].items()]
    return {"before": page["before"], "panels": panels, "after": stored["after"]}


def print_help_page(command: str) -> bool:
    """Print a help page.

    Args:
        command: the words of the command; an empty string for the program.

    Returns:
        Whether the page was printed; False if cyclopts must print it or report an unknown command, i.e. on Windows, on
        a narrow terminal, or without UTF-8.

    Raises:
        OSError: standard output cannot be written.
    """
    width = shutil.get_terminal_size().columns
    if sys.stdout is None or not is_output_utf8() or width < NARROWEST or sys.platform == "win32":
        return False
    page = load_help_page(command)
    if page is None:
        return False
    styled = sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") not in (None, "dumb")
    try:
        print(render_help_page(page, width, styled=styled), flush=True)
    except BrokenPipeError:  # the reader exited, like `head`
        discard_output()
    return True


def render_help_page(page: HelpPage, width: int, *, styled: bool = False) -> str:
    """Return a help page as text.

    Args:
        page: the page.
        width: width in columns.
        styled: whether to use terminal colors.
    """
    lines = [_bold(line) if styled and line.startswith("Usage: ") else line for line in _wrapped(page["before"], width)]
    for title, rows in page["panels"]:
        lines.append(f"╭─ {title} ".ljust(width - 1, "─") + "╮")
        lines += [f"│ {line} │" for line in _rows(rows, width - 4, math.ceil(width * NAME_SHARE), styled=styled)]
        lines.append(f"╰{'─' * (width - 2)}╯")
    return "\n".join([*lines, *_wrapped(page["after"], width)])


def _rows(rows: Sequence[tuple[str, str]], width: int, widest: int, *, styled: bool) -> Iterator[str]:
    """Return the lines of a panel's rows, padded to its width. A star marks what is required."""
    marked = any(text.endswith(REQUIRED) for _, text in rows)
    names = [textwrap.wrap(name, widest, subsequent_indent="  ", break_on_hyphens=False) for name, _ in rows]
    column = max(len(part) for parts in names for part in parts)
    room = width - column - 2 - (3 if marked else 0)
    for parts, (_, text) in zip(names, rows, strict=True):
        texts = list(_wrapped(_marked(text).split("\n"), room))
        star = "*  " if text.endswith(REQUIRED) else "   "
        for number in range(max(len(parts), len(texts))):
            name = (parts[number] if number < len(parts) else "").ljust(column)
            shown = (texts[number] if number < len(texts) else "").ljust(room)
            mark = "" if not marked else "   " if number else star
            if styled:
                mark, name = f"\x1b[1;31m{mark}\x1b[0m" if mark.strip() else mark, _cyan(name)
            yield f"{mark}{name}  {_unmarked(shown, styled=styled)}"


def _marked(text: str) -> str:
    """Mark the notes at the end of a description, which may extend over several lines, and wide characters."""
    if not text.isascii():
        text = "".join(char + _SECOND_CELL if east_asian_width(char) in "WF" else char for char in text)
    found = _NOTES.search(text)
    if found is None:
        return text
    notes = "".join(char if char.isspace() else chr(_PRIVATE + ord(char)) for char in found[0])
    return text[: found.start()] + notes


def _unmarked(line: str, *, styled: bool) -> str:
    """Replace marked characters by the notes themselves, and remove second cells."""

    def note(found: re.Match[str]) -> str:
        text = "".join(chr(ord(char) - _PRIVATE) for char in found[0])
        if not styled:
            return text
        return f"\x1b[31m{text}\x1b[0m" if text == REQUIRED else f"\x1b[2m{text}\x1b[0m"

    return _MARKED.sub(note, line.replace(_SECOND_CELL, ""))


def _wrapped(lines: Sequence[str], width: int) -> Iterator[str]:
    for line in lines:
        yield from textwrap.wrap(line, width, break_on_hyphens=False) or [""]


def _bold(text: str) -> str:
    return f"\x1b[1m{text}\x1b[0m"


def _cyan(text: str) -> str:
    return f"\x1b[36m{text}\x1b[0m"
