"""Makes text from the network safe to print to a terminal."""

from __future__ import annotations

import re
from functools import cache
from itertools import accumulate, pairwise

__all__ = ["ESCAPE", "LINE_END", "escaped_json", "safe_line", "safe_name", "safe_pieces", "safe_text"]

LINE_END = re.compile("\r\n?|[\u2028\u2029]")
ESCAPE = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*+[ -/]*+[@-~]"  # colours, cursor
    "|(?:\x1b\\]|\x9d)[^\x07\x1b\x9c\n]{0,4096}+(?:\x07|\x1b\\\\|\x9c)"  # titles, links
)
_LAST_OF_PLANES = "".join(chr(plane * 0x10000 + last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
_CONTROL = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef{_LAST_OF_PLANES}\U000f0000-\U0010ffff]")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANKS = re.compile(r"\s+")

_PICTURES = "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
_JOINING = "\u0600-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u18af"
# Zero-width characters are legitimate inside emoji, and between letters of Arabic, Indic and a few other scripts.
_AT_HOME = (
    f"(?<=[{_PICTURES}])[\ufe0e\ufe0f]|[0-9#*]\ufe0f?\u20e3|(?<=[{_PICTURES}])\u200d(?=[{_PICTURES}])"
    f"|(?<=[{_PICTURES}]\ufe0f)\u200d(?=[{_PICTURES}])|\U0001f3f4[\U000e0020-\U000e007e]{{1,10}}\U000e007f"
    f"|(?<=[{_JOINING}])[\u200c\u200d](?=[{_JOINING}])"
)
_UNSEEN = (
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff"
)
_PRIVATE = f"\ue000-\uf8ff\ufdd0-\ufdef{_LAST_OF_PLANES}\U000f0000-\U0010ffff"


@cache
def _hidden() -> re.Pattern[str]:
    """Return the pattern for hidden characters in names, compiled on first use because compiling it takes 2 ms."""
    return re.compile(f"({_AT_HOME})|[{_UNSEEN}{_PRIVATE}]+")


@cache
def _risky() -> re.Pattern[str]:
    """Return the pattern for characters that must be escaped in JSON."""
    return re.compile(f"[\x7f-\x9f\ud800-\udfff{_UNSEEN.replace(chr(0xFE00) + '-' + chr(0xFE0F), '')}{_PRIVATE}]")


def safe_text(text: str) -> str:
    """Remove everything that could mislead a terminal or its user.

    This strips terminal escapes, control characters except ``\\n`` and ``\\t``, bidirectional formatting characters
    (U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069), noncharacters, and private-use characters from U+F0000
    on (kitty uses U+10EEEE to draw images, and the chat screen uses a few itself). Lone surrogates become U+FFFD.

    Args:
        text: any text.
    """
    if _harmless(text):
        return text
    text = ESCAPE.sub("", LINE_END.sub("\n", text))
    return _SURROGATE.sub("\ufffd", _BIDI.sub("", _CONTROL.sub("", text)))


def _harmless(text: str) -> bool:
    """Return whether the text is printable, so that the slower `safe_text` would leave it unchanged."""
    return text.replace("\n", "").replace("\t", "").replace("\xa0", "").isprintable()


def safe_line(text: str, limit: int = 200) -> str:
    """Return text as a single line that is safe to print to a terminal.

    Args:
        text: any text, e.g. a channel name.
        limit: maximum length in characters; longer lines are truncated with ``…``.
    """
    if text.isascii() and text.isprintable() and len(text) <= limit and "  " not in text:
        return text.strip()
    line = _BLANKS.sub(" ", safe_text(text)).strip()
    return line if len(line) <= limit else line[: max(limit - 1, 0)].rstrip() + "…"[:limit]


def safe_name(text: str, limit: int = 200) -> str:
    """Return the name of a person, channel or file without hidden characters.

    Each run of zero-width, bidirectional, private-use or nonexistent characters becomes U+FFFD, because such a name
    could be mistaken for a different one. Characters with a legitimate use are kept: inside emoji, and between letters
    of scripts that need them. Otherwise this behaves like `safe_line`.

    Args:
        text: the name to clean.
        limit: maximum length in characters; longer names are truncated with ``…``.
    """
    if text.isascii() and text.isprintable() and len(text) <= limit and "  " not in text:
        return text.strip()
    text = ESCAPE.sub("", text[: limit * 20])
    return safe_line(_hidden().sub(lambda found: found[1] or "\ufffd", text), limit)


def escaped_json(text: str) -> str:
    """Escape characters in JSON that a terminal would interpret, that are invisible, or that UTF-8 cannot encode.

    Args:
        text: valid JSON.
    """
    import json  # imported lazily: the chat screen's first paint does not need it

    return _risky().sub(lambda found: json.dumps(found[0])[1:-1], text)


def safe_pieces(pieces: list[str]) -> list[str]:
    """Sanitize text that arrives in pieces, in linear time; the joined result equals `safe_text` of the joined pieces.

    Args:
        pieces: consecutive pieces of the text.
    """
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
    """Map sorted offsets to their positions after each match of a pattern is replaced with `size` characters."""
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
