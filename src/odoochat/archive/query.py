"""The language of searches: words, phrases, and filters such as ``from:ann in:general after:2024-05-01``."""

from __future__ import annotations

import difflib
import re
from datetime import datetime, timedelta, tzinfo

import msgspec

from odoochat.archive.index import HAS
from odoochat.archive.words import is_separated, tokens, words
from odoochat.errors import UsageError

__all__ = ["FILTERS", "Query", "Term", "parse"]

FILTERS = ("from", "in", "has", "before", "after", "on")
MAX_QUERY = 1_000
"""Characters of a query."""

MAX_TERMS = 40
PREFIX = 3
"""Letters that a word needs to match longer words that begin with it; the index has a list for three letters."""

_PART = re.compile(r'(?P<minus>-?)(?:(?P<key>\w+):(?!//))?(?:"(?P<quoted>[^"]*)"(?P<star>\*?)|(?P<bare>[^\s"]+))')
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


class Term(msgspec.Struct, frozen=True):
    """Words that a message must contain, or must not contain.

    Attributes:
        text: the words as the index holds them; several stand next to each other in the message.
        prefix: whether the last word may continue.
        negated: whether a message with it is left out.
    """

    text: str
    prefix: bool = False
    negated: bool = False


class Query(msgspec.Struct, frozen=True):
    """A search.

    Attributes:
        terms: all that must, or must not, be in a message.
        authors: names after ``from:``, one of which must have written it; ``me`` is the user.
        channels: names or ids after ``in:``, in one of which it must be.
        has: what it must have, keys of `odoochat.archive.index.HAS`.
        after: the first moment, None for no limit.
        before: messages from this time on are left out; None for no limit.
    """

    terms: tuple[Term, ...] = ()
    authors: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    has: tuple[str, ...] = ()
    after: datetime | None = None
    before: datetime | None = None


def parse(text: str, zone: tzinfo | None = None) -> Query:
    """Parse a search.

    Words may stand anywhere in a message and in any order. One of three letters or more also finds words that begin
    so; with ``*`` a shorter one does as well, in quotes none. ``"two words"`` finds them next to each other, ``-word``
    leaves messages out. Filters: ``from:NAME``, ``in:CHANNEL``,
    ``has:file|image|link|reaction|pin``, ``before:DATE``, ``after:DATE``, ``on:DATE``; a date is ``2024``, ``2024-05``
    or ``2024-05-31``.

    Args:
        text: the search as the user wrote it.
        zone: the time zone of dates; None for that of the machine.

    Raises:
        UsageError: the text is not a search; the message names the part.
    """
    text = text.encode("utf-8", "replace").decode()  # half a surrogate pair, of which no message has one
    if len(text) > MAX_QUERY:
        raise UsageError(f"the search text has {len(text):,} characters; at most {MAX_QUERY:,} are searched for")
    if text.count('"') % 2:
        raise UsageError('the search text has an opening " without its closing one')
    terms: list[Term] = []
    names: dict[str, list[str]] = {"from": [], "in": [], "has": []}
    after: datetime | None = None
    before: datetime | None = None
    for found in _PART.finditer(text):
        key, value = found["key"], found["quoted"] if found["quoted"] is not None else found["bare"]
        if key is None or key.lower() not in FILTERS:
            terms += _words(found, key, value)
            continue
        key = key.lower()
        if found["minus"]:
            raise UsageError(f"-{key}: is not supported; only words can be excluded")
        if not value.strip():
            raise UsageError(f"{key}: needs a value, such as {_EXAMPLES[key]}")
        if key in names:
            names[key].append(_has(value) if key == "has" else value)
            continue
        first, end = _span(key, value, zone)
        if key in ("after", "on"):
            after = max(first, after) if after is not None else first
        if key in ("before", "on"):
            limit = first if key == "before" else end
            before = min(limit, before) if before is not None else limit
    if len(terms) > MAX_TERMS:
        raise UsageError(f"the search text has {len(terms)} words; at most {MAX_TERMS} are searched for")
    query = Query(tuple(terms), tuple(names["from"]), tuple(names["in"]), tuple(names["has"]), after, before)
    if not any(not t.negated for t in terms) and query == Query(query.terms):
        raise UsageError("the search text has no words" if not terms else "a search needs a word that messages contain")
    return query


_EXAMPLES = {
    "from": "from:ann", "in": "in:general", "has": "has:file", "before": "before:2024-05-01", "after": "after:2024-05",
    "on": "on:2024-05-01",
}  # fmt: skip


def _words(found: re.Match[str], key: str | None, value: str) -> list[Term]:
    if key is not None:
        similar = difflib.get_close_matches(key.lower(), FILTERS, n=1, cutoff=0.7)
        if similar and not key.isdigit():
            raise UsageError(f'no filter "{key}:"; did you mean {similar[0]}:? Put it in quotes to search for the text')
        value = f"{key}:{value}"
    elif value[:-1].lower() in FILTERS and value.endswith(":"):
        raise UsageError(f"{value} needs a value, such as {_EXAMPLES[value[:-1].lower()]}")
    quoted = found["quoted"] is not None and key is None
    text = words(value).strip()
    if not (parts := tokens(text)):
        return []
    prefix = bool(found["star"]) if quoted else value.endswith("*") or len(parts[-1]) >= PREFIX
    return [Term(text, prefix and not is_separated(parts[-1]), bool(found["minus"]))]


def _has(value: str) -> str:
    chosen = {"files": "file", "attachment": "file", "picture": "image", "images": "image", "links": "link"}.get(
        value.lower(), value.lower()
    )
    if chosen not in HAS:
        raise UsageError(f"has:{value} is unknown; use has: with one of {', '.join(HAS)}")
    return chosen


def _span(key: str, value: str, zone: tzinfo | None) -> tuple[datetime, datetime]:
    """Return the first moment of a year, a month or a day, and the moment after its last one."""
    today = datetime.now(zone)  # the user's day, not that of UTC
    known = {"today": 0, "yesterday": 1}
    if value.lower() in known:
        value = f"{today - timedelta(days=known[value.lower()]):%Y-%m-%d}"
    wrong = UsageError(f"{key}:{value} is not a date; use the form {_EXAMPLES[key]}, or as 2024 or 2024-05")
    if (found := _DATE.fullmatch(value)) is None:
        raise wrong
    year, month, day = (int(part or 0) for part in found.groups())
    try:
        first = datetime(year, month or 1, day or 1, tzinfo=zone)
        if day:
            end = first + timedelta(days=1)
        elif month:
            end = first.replace(year=year + month // 12, month=month % 12 + 1)
        else:
            end = first.replace(year=year + 1)
        return first.astimezone(zone), end.astimezone(zone)
    except (ValueError, OverflowError):
        raise wrong from None
