"""SQL patterns: `%` matches any text, `_` any character, and a backslash escapes either."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\\.|[^\\]|\\$", re.DOTALL)


def matches_pattern(text: str, pattern: str, *, anywhere: bool, ignore_case: bool) -> bool:
    """Return whether text matches a pattern, in time proportional to the length of the text.

    Taking the first match for each piece between two `%` is always sufficient, so no position is tried twice.

    Args:
        text: the text to match.
        pattern: the SQL pattern.
        anywhere: whether the pattern may match part of the text (`ilike`), or must match all of it (`=ilike`).
        ignore_case: whether to ignore case.

    Returns:
        True if the text matches.
    """
    if ignore_case:
        text, pattern = text.lower(), pattern.lower()
    first, *middle = _pieces(pattern)
    if anywhere:
        first, middle = [], [first, *middle, []]
    if not middle:
        return len(first) == len(text) and _compiled(first).match(text) is not None
    start = _compiled(first).match(text)
    if start is None:
        return False
    position = start.end()
    *middle, last = middle
    for piece in middle:
        found = _compiled(piece).search(text, position)
        if found is None:
            return False
        position = found.end()
    end = len(text) - len(last)
    return end >= position and _compiled(last).match(text, end) is not None


def _pieces(pattern: str) -> list[list[str]]:
    """Split the pattern at each `%` and return every piece as a list of single-character expressions."""
    pieces: list[list[str]] = [[]]
    for part in _TOKEN.findall(pattern):
        if part == "%":
            pieces.append([])
        else:
            pieces[-1].append("." if part == "_" else re.escape(part[-1]))
    return pieces


def _compiled(piece: list[str]) -> re.Pattern[str]:
    return re.compile("".join(piece), re.DOTALL)
