"""Text from the network, made safe for a terminal."""

from __future__ import annotations

import re
from itertools import accumulate, pairwise

__all__ = ["ESCAPE", "LINE_END", "safe_line", "safe_pieces", "safe_text"]

LINE_END = re.compile("\r\n?|[\u2028\u2029]")
ESCAPE = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*+[ -/]*+[@-~]"  # colours, cursor
    "|(?:\x1b\\]|\x9d)[^\x07\x1b\x9c\n]{0,4096}+(?:\x07|\x1b\\\\|\x9c)"  # titles, links
)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff\U00100000-\U0010ffff]")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANKS = re.compile(r"\s+")


def safe_text(text: str) -> str:
    """The text without what could fool a terminal or its reader.

    Terminal escapes, control characters but ``\\n`` and ``\\t``, marks that turn the direction of writing
    (U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069), and the private characters from U+100000 on (where
    U+10EEEE stands, kitty shows any picture that it holds; others are the chat screen's own) are left out, lone
    surrogates become U+FFFD.
    """
    text = ESCAPE.sub("", LINE_END.sub("\n", text))
    return _SURROGATE.sub("\ufffd", _BIDI.sub("", _CONTROL.sub("", text)))


def safe_line(text: str, limit: int = 200) -> str:
    """The text as one line that is safe in a terminal.

    Args:
        text: any, e.g. a name that somebody gave a channel.
        limit: the most characters; a longer one ends with ``…``.
    """
    line = _BLANKS.sub(" ", safe_text(text)).strip()
    return line if len(line) <= limit else line[: max(limit - 1, 0)].rstrip() + "…"[:limit]


def safe_pieces(pieces: list[str]) -> list[str]:
    """The pieces of a text, so that together they are what :func:`safe_text` makes of the whole; in linear time."""
    text = "".join(pieces)
    if safe_text(text) == text:
        return pieces
    ends = list(accumulate(len(piece) for piece in pieces))
    for pattern, instead in _STEPS:
        ends = _moved(text, pattern, len(instead), ends)
        text = pattern.sub(instead, text)
    return [text[start:end] for start, end in pairwise((0, *ends))]


_STEPS = ((LINE_END, "\n"), (ESCAPE, ""), (_CONTROL, ""), (_BIDI, ""), (_SURROGATE, "\ufffd"))


def _moved(text: str, pattern: re.Pattern[str], size: int, places: list[int]) -> list[int]:
    """Where sorted places of a text are after what a pattern finds became so many characters."""
    moved: list[int] = []
    at = shift = 0
    for found in pattern.finditer(text):
        start, end = found.span()
        while at < len(places) and places[at] <= start:
            moved.append(places[at] + shift)
            at += 1
        while at < len(places) and places[at] < end:
            moved.append(start + shift + size)
            at += 1
        shift += size - (end - start)
    return moved + [place + shift for place in places[at:]]
