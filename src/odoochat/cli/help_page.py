"""Renders ``odoochat --help`` in the style that cyclopts uses for each command's help."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence

from odoochat.cli.command_index import CommandIndex
from odoochat.cli.streams import discard_output, is_output_utf8

__all__ = ["help_page", "print_help_page"]

NARROWEST = 60
"""Minimum width in columns; cyclopts uses a different layout on narrower terminals."""


def print_help_page(index: CommandIndex) -> bool:
    """Print the help page.

    Args:
        index: the index of commands.

    Returns:
        Whether the page was printed; False if cyclopts must print it, i.e. on Windows, on a narrow terminal, or
        without UTF-8.

    Raises:
        OSError: standard output cannot be written.
    """
    width = shutil.get_terminal_size().columns
    if sys.stdout is None or not is_output_utf8() or width < NARROWEST or sys.platform == "win32":
        return False
    styled = sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") not in (None, "dumb")
    try:
        print(help_page(index, width, styled=styled), flush=True)
    except BrokenPipeError:  # the reader exited, like `head`
        discard_output()
    return True


def help_page(index: CommandIndex, width: int, *, styled: bool = False) -> str:
    """Return the help page as text.

    Args:
        index: the index of commands.
        width: width in columns.
        styled: whether to use terminal colors.
    """
    before = _wrapped(index["before"], width)
    lines = [_bold(line) if styled and line.startswith("Usage: ") else line for line in before]
    for title, rows in index["panels"].items():
        lines.append(f"╭─ {title} ".ljust(width - 1, "─") + "╮")
        column = max(len(name) for name, _ in rows)
        for name, text in rows:
            texts = textwrap.wrap(text, width - column - 6, break_on_hyphens=False) or [""]
            for number, part in enumerate(texts):
                shown = (name if number == 0 else "").ljust(column)
                lines.append(f"│ {_cyan(shown) if styled else shown}  {part.ljust(width - column - 6)} │")
        lines.append(f"╰{'─' * (width - 2)}╯")
    return "\n".join([*lines, *_wrapped(index["after"], width)])


def _wrapped(lines: Sequence[str], width: int) -> Iterator[str]:
    for line in lines:
        yield from textwrap.wrap(line, width, break_on_hyphens=False) or [""]


def _bold(text: str) -> str:
    return f"\x1b[1m{text}\x1b[0m"


def _cyan(text: str) -> str:
    return f"\x1b[36m{text}\x1b[0m"
