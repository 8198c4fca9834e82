"""Parses search queries with words, phrases, and filters such as ``from:ann in:general after:2024-05-01``."""

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
"""Maximum length of a query, in characters."""

MAX_TERMS = 40
PREFIX = 3
"""Minimum length of a word for prefix matching, because the index stores three-letter prefixes."""

_PART = re.compile(r'(?P<minus>-?)(?:(?P<key>\w+):(?!//))?(?:"(?P<quoted>[^"]*)"(?P<star>\*?)|(?P<bare>[^\s"]+))')
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


class Term(msgspec.Struct, frozen=True):
    """Words that a message must or must not contain.

    Attributes:
        text: the words in indexed form; multiple words form a phrase.
        prefix: whether the last word matches as a prefix.
        negated: whether to exclude messages that contain the term.
    """

    text: str
    prefix: bool = False
    negated: bool = False


class Query(msgspec.Struct, frozen=True):
    """A parsed search query.

    Attributes:
        terms: terms that must, or must not, occur in a message.
        authors: names after ``from:``, one of which must be the author; ``me`` is the user.
        channels: names or ids after ``in:``, one of which must be the channel.
        has: features that the message must have, as keys of `odoochat.archive.index.HAS`.
        after: the earliest time, inclusive; None for no limit.
        before: the latest time, exclusive; None for no limit.
    """

    terms: tuple[Term, ...] = ()
    authors: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    has: tuple[str, ...] = ()
    after: datetime | None = None
    before: datetime | None = None


def parse(text: str, zone: tzinfo | None = None) -> Query:
    """Parse a search query.

    Words can occur anywhere in a message, in any order. A word of three or more letters also matches as a prefix;
    append ``*`` to a shorter word to match it as a prefix too. Quotes turn off prefix matching: ``"two words"`` finds
    the exact phrase. ``-word`` excludes messages that contain the word. Filters: ``from:NAME``, ``in:CHANNEL``,
    ``has:file|image|link|reaction|pin``, ``before:DATE``, ``after:DATE``, ``on:DATE``; a date is ``2024``, ``2024-05``
    or ``2024-05-31``.

    Args:
        text: the query as entered by the user.
        zone: the time zone for dates; None for the system's.

    Raises:
        UsageError: the query is invalid; the error message shows the invalid part.
    """
    text = text.encode("utf-8", "replace").decode()  # a lone surrogate, which no message contains
    if len(text) > MAX_QUERY:
        raise UsageError(f"the search text is {len(text):,} characters long; the limit is {MAX_QUERY:,}")
    if text.count('"') % 2:
        raise UsageError('the search text has an opening " without a closing one')
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
        raise UsageError(f"the search text has {len(terms)} words; the limit is {MAX_TERMS}")
    query = Query(tuple(terms), tuple(names["from"]), tuple(names["in"]), tuple(names["has"]), after, before)
    if not any(not t.negated for t in terms) and query == Query(query.terms):
        fault = "the search text has no words" if not terms else "a search needs at least one word that is not excluded"
        raise UsageError(fault)
    return query


_EXAMPLES = {
    "from": "from:ann", "in": "in:general", "has": "has:file", "before": "before:2024-05-01", "after": "after:2024-05",
    "on": "on:2024-05-01",
}  # fmt: skip


def _words(found: re.Match[str], key: str | None, value: str) -> list[Term]:
    if key is not None:
        similar = difflib.get_close_matches(key.lower(), FILTERS, n=1, cutoff=0.7)
        if similar and not key.isdigit():
            raise UsageError(f'no filter "{key}:"; did you mean {similar[0]}:? Use quotes to search for the text')
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
    """Return the start (inclusive) and end (exclusive) of a year, month or day."""
    today = datetime.now(zone)  # the user's day, not the UTC day
    known = {"today": 0, "yesterday": 1}
    if value.lower() in known:
        value = f"{today - timedelta(days=known[value.lower()]):%Y-%m-%d}"
    wrong = UsageError(f"{key}:{value} is not a date; use a form such as {_EXAMPLES[key]}, 2024-05 or 2024")
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
