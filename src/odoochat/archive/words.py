"""Normalizes text for the search index: folds case and accents, and splits scripts without spaces into characters."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["MAX_INDEXED", "is_separated", "tokens", "words"]

MAX_INDEXED = 100_000
"""Maximum number of characters indexed per message."""

_MARKS = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1-\u05c7\u0610-\u061a\u064b-\u065f\u0670]+")
"""Accents on Latin, Greek and Cyrillic letters, and the optional Hebrew and Arabic vowel signs."""

_UNWORDLY = re.compile(r"[^\w\s\0-\x7f]{31,}")
MOST_MARKS = 30
"""Maximum number of consecutive combining marks. Sorting them is quadratic. Source: Unicode, UAX #15, section 13"""

# Thai, Lao, Tibetan, Burmese, Khmer, Chinese, Japanese, Korean; also emoji and other pictographs. Each of these
# characters is its own token, so a word is found anywhere in a line as a phrase of characters.
_ALONE = re.compile(
    "[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3100-\u318f"
    "\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U0001b000-\U0001b16f"
    "\U00020000-\U0003ffff\xa6\xa9\xae\xb0\u0482\u2100-\u214f\u2190-\u2bff\U0001f000-\U0001faff]"
)
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})
"""Letters that Unicode does not decompose into base letters and accents."""

_TOKEN = re.compile(r"[^\W_]+|[\u2190-\u2bff\U0001f000-\U0001faff]")


def words(text: str) -> str:
    """Normalize text for indexing or for a query.

    Args:
        text: a message's plain text, or part of a query; truncated to `MAX_INDEXED` characters.
    """
    text = text[:MAX_INDEXED]
    if text.isascii():
        return text.lower()
    text = _UNWORDLY.sub(_bounded, text.casefold())
    folded = _MARKS.sub("", unicodedata.normalize("NFKD", text)).translate(_LETTERS)
    return _ALONE.sub(r" \g<0> ", unicodedata.normalize("NFC", folded))


def _bounded(run: re.Match[str]) -> str:
    """Limit a run of characters to `MOST_MARKS` consecutive combining marks."""
    kept: list[str] = []
    marks = 0
    for character in run[0]:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def tokens(text: str) -> list[str]:
    """Split text normalized by `words` into tokens, as the index does.

    Args:
        text: the text.
    """
    return _TOKEN.findall(text)


def is_separated(token: str) -> bool:
    """Return whether a token is a character from a script without spaces, or an emoji.

    Args:
        token: the token.
    """
    return _ALONE.fullmatch(token) is not None
