"""Words of the search index: folds case and accents, and separates scripts that are written without spaces."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["MAX_INDEXED", "is_separated", "tokens", "words"]

MAX_INDEXED = 100_000
"""Characters of a message that are indexed."""

_MARKS = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1-\u05c7\u0610-\u061a\u064b-\u065f\u0670]+")
"""Accents of Latin, Greek and Cyrillic letters, and the optional vowel signs of Hebrew and Arabic."""

_UNWORDLY = re.compile(r"[^\w\s\0-\x7f]{31,}")
MOST_MARKS = 30
"""Combining marks in a row that are indexed: sorting them takes quadratic time. Source: Unicode, UAX #15, section 13"""

# Thai, Lao, Tibetan, Burmese, Khmer, Chinese, Japanese, Korean; and emoji and other pictures. Each character of these
# is a token of its own, so that a word is found as a phrase of its characters wherever it is in a line.
_ALONE = re.compile(
    "[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3100-\u318f"
    "\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U0001b000-\U0001b16f"
    "\U00020000-\U0003ffff\xa6\xa9\xae\xb0\u0482\u2100-\u214f\u2190-\u2bff\U0001f000-\U0001faff]"
)
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})
"""Letters whose accent is not a mark of its own in Unicode."""

_TOKEN = re.compile(r"[^\W_]+|[\u2190-\u2bff\U0001f000-\U0001faff]")


def words(text: str) -> str:
    """Return a text as it goes into the index, and as a query looks for it.

    Args:
        text: the plain text of a message, or a part of a query; what follows `MAX_INDEXED` is left out.
    """
    text = text[:MAX_INDEXED]
    if text.isascii():
        return text.lower()
    text = _UNWORDLY.sub(_bounded, text.casefold())
    folded = _MARKS.sub("", unicodedata.normalize("NFKD", text)).translate(_LETTERS)
    return _ALONE.sub(r" \g<0> ", unicodedata.normalize("NFC", folded))


def _bounded(run: re.Match[str]) -> str:
    """Return a run of marks and other signs with at most `MOST_MARKS` combining marks in a row."""
    kept: list[str] = []
    marks = 0
    for character in run[0]:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def tokens(text: str) -> list[str]:
    """Return the tokens of a text that went through `words`, as the index separates them.

    Args:
        text: the text.
    """
    return _TOKEN.findall(text)


def is_separated(token: str) -> bool:
    """Return whether a token is a character of a script without spaces, or a picture.

    Args:
        token: the token.
    """
    return _ALONE.fullmatch(token) is not None
