"""Syntax highlighting for keywords, strings, comments and numbers in most languages; pure."""

from __future__ import annotations

import re

from rich.segment import Segment

from odoochat.tui.theme import Styles

__all__ = ["coloured"]

_WORDS = (
    "and as assert async await break case catch class const continue def default del do elif else end enum except "
    "export extends false finally fn for from func function global if impl implements import in interface is "
    "lambda let match mod mut new nil none not null or package pass private protected pub public raise return "
    "self static struct super switch then this throw trait true try type typeof undefined use var void where "
    "while with yield select insert update delete from join group order by create table"
)
_PARTS = re.compile(
    rf"(?P<keyword>\b(?:{'|'.join(sorted(set(_WORDS.split()), key=len, reverse=True))})\b)"
    r"|(?P<string>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`)"
    r"|(?P<comment>(?:(?<!\S)#|//|--\s|/\*).*)"
    r"|(?P<number>\b\d[\d_.]*\b)",
    re.IGNORECASE,
)
_NAMES = ("keyword", "string", "comment", "number")
MAX_COLOURED = 2_000
"""Maximum length of a line to highlight, in characters; longer lines are assumed to be data."""


def coloured(text: str, styles: Styles) -> list[Segment]:
    """Highlight a line of code.

    Args:
        text: the line.
        styles: the theme's styles.
    """
    if len(text) > MAX_COLOURED:
        return [Segment(text, styles.code)]
    parts: list[Segment] = []
    at = 0
    for found in _PARTS.finditer(text):
        if found.start() > at:
            parts.append(Segment(text[at : found.start()], styles.code))
        parts.append(Segment(found[0], styles.syntax[_NAMES.index(found.lastgroup or "keyword")]))
        at = found.end()
    if at < len(text):
        parts.append(Segment(text[at:], styles.code))
    return parts
