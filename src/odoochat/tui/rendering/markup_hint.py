"""Finds the parts of a composer line that Markdown will format; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.style import Style

from odoochat.tui.theme import Styles

__all__ = ["formatted_parts", "in_code_block"]

FENCE = re.compile(r" {0,3}(```|~~~)")
_PARTS = re.compile(
    r"(?P<code>`[^`]+`)"
    r"|(?P<bold>\*\*[^\s*](?:[^*]*[^\s*])?\*\*|(?<!\w)__[^\s_](?:[^_]*[^\s_])?__(?!\w))"
    r"|(?P<italic>\*[^\s*](?:[^*]*[^\s*])?\*|(?<!\w)_[^\s_](?:[^_]*[^\s_])?_(?!\w))"
    r"|(?P<strike>~~[^~]+~~)"
    r"|(?P<link>\[[^\]]+\]\([^)\s]+\))"
)
_HEADS = re.compile(r"(?P<heading>#{1,6}(?= ).*)|(?P<quote>>.*)|(?P<item>\s*(?:[-*+]|\d{1,3}[.)])(?= ))")


def in_code_block(lines: Sequence[str]) -> bool:
    """Return whether the lines end inside a code block.

    Args:
        lines: the lines.
    """
    return sum(1 for line in lines if FENCE.match(line)) % 2 == 1


def formatted_parts(line: str, styles: Styles, *, code: bool) -> list[tuple[int, int, Style]]:
    """Return the parts of a line that will be formatted: start, end and style.

    Args:
        line: the line.
        styles: the theme's styles.
        code: whether the line is in a code block.
    """
    if code or FENCE.match(line):
        return [(0, len(line), styles.code)] if line else []
    found: list[tuple[int, int, Style]] = []
    if head := _HEADS.match(line):
        looks = {"heading": Style(bold=True), "quote": styles.quote, "item": styles.mention}
        found.append((head.start(), head.end(), looks[head.lastgroup or "item"]))
    looks = {
        "code": styles.code,
        "bold": Style(bold=True),
        "italic": Style(italic=True),
        "strike": Style(strike=True),
        "link": styles.link,
    }
    found += [(m.start(), m.end(), looks[m.lastgroup or "code"]) for m in _PARTS.finditer(line)]
    return found
