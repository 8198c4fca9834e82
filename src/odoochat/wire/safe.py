"""Text from the network, made safe for a terminal."""

from __future__ import annotations

import re

__all__ = ["ESCAPE", "LINE_END", "safe_line", "safe_text"]

LINE_END = re.compile("\r\n?|[\u2028\u2029]")
ESCAPE = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*+[ -/]*+[@-~]"  # colours, cursor
    "|(?:\x1b\\]|\x9d)[^\x07\x1b\x9c\n]{0,4096}+(?:\x07|\x1b\\\\|\x9c)"  # titles, links
)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANKS = re.compile(r"\s+")


def safe_text(text: str) -> str:
    """The text without what could fool a terminal or its reader.

    Terminal escapes, control characters but ``\\n`` and ``\\t``, and marks that turn the direction of writing
    (U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069) are left out, lone surrogates become U+FFFD.
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
