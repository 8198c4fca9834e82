"""Searches an archive, returning the newest messages first."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec

from odoochat.archive.channels import ChannelTable
from odoochat.archive.index import HAS, channel_token, person_token, year_token
from odoochat.archive.messages import PRESENT, decode_rows
from odoochat.archive.query import Query, Term
from odoochat.archive.words import words
from odoochat.errors import NotFound, UsageError, names
from odoochat.model import Author, ChannelInfo, Me, Message

__all__ = ["Search"]

MAX_NAMED = 200
"""Maximum number of people or channels that a name may match."""

_decode = msgspec.msgpack.Decoder(Message).decode


class Search:
    """Searches one archive file.

    Args:
        db: the database connection.
        me: the user, for ``from:me``; None if unknown.
    """

    def __init__(self, db: sqlite3.Connection, me: Me | None = None) -> None:
        self._db = db
        self._me = me

    def run(self, query: Query, *, limit: int, channel: int | None = None, before: int | None = None) -> list[Message]:
        """Return the newest messages that match a query.

        Args:
            query: the parsed query.
            limit: maximum number of messages.
            channel: limit the search to this channel id; None for all channels.
            before: return only messages with a lower id, to get the next page; None for the first page.

        Raises:
            NotFound: a name in the query does not match any person or channel.
            UsageError: a name matches too many people or channels.
        """
        match = self._match(query, channel)
        conditions, values = ["message.state = ?"], [PRESENT]
        if query.after is not None:
            conditions.append("message.date >= ?")
            values.append(_seconds(query.after))
        if query.before is not None:
            conditions.append("message.date < ?")
            values.append(_seconds(query.before))
        if before is not None:
            conditions.append(("words.rowid" if match else "message.id") + " < ?")
            values.append(before)
        where = " AND ".join(conditions)
        if match:
            statement = (
                f"SELECT message.data FROM words CROSS JOIN message ON message.id = words.rowid "  # noqa: S608
                f"WHERE words MATCH ? AND {where} ORDER BY words.rowid DESC LIMIT ?"
            )
            rows = self._db.execute(statement, (match, *values, limit))
        else:
            statement = f"SELECT message.data FROM message WHERE {where} ORDER BY message.id DESC LIMIT ?"  # noqa: S608
            rows = self._db.execute(statement, (*values, limit))
        return decode_rows(rows, _decode)

    # -------------------------------------------------------------- the expression

    def _match(self, query: Query, channel: int | None) -> str:
        """Return the query in FTS5 syntax; all user input is quoted."""
        facts: list[Sequence[str]] = [[HAS[each]] for each in query.has]
        if channel is not None:
            facts.append([channel_token(channel)])
        if query.channels:
            facts.append([token for name in query.channels for token in self._channels(name)])
        if query.authors:
            facts.append([token for name in query.authors for token in self._people(name)])
        if years := self._years(query):
            facts.append(years)
        parts = [f"facts : ({' OR '.join(_quoted(token) for token in each)})" for each in facts]
        parts += [f"body : {_expression(term)}" for term in query.terms if not term.negated]
        found = " AND ".join(parts)
        left_out = " OR ".join(_expression(term) for term in query.terms if term.negated)
        if not left_out:
            return found
        # FTS5 requires a positive expression before NOT.
        return f"({found}) NOT (body : ({left_out}))" if found else ""

    def _years(self, query: Query) -> list[str]:
        """Return the years covered by a date search, so that the index can skip all others."""
        if query.after is None and query.before is None:
            return []
        low, high = self._db.execute(
            "SELECT (SELECT date FROM message ORDER BY id LIMIT 1), (SELECT date FROM message ORDER BY id DESC LIMIT 1)"
        ).fetchone()
        if low is None:
            return []
        # Dates do not strictly follow ids, because emails use the sender's clock. One extra year at each end is enough
        # here.
        first = query.after.year - 1 if query.after is not None else _year(low) - 1
        last = query.before.year + 1 if query.before is not None else _year(high) + 1
        if query.after is None and query.before is not None and _year(low) - 1 > last:
            first = last - 1
        if last - first > MAX_NAMED:
            return []
        return [year_token(year) for year in range(first, last + 1)] if last >= first else [year_token(0)]

    # ---------------------------------------------------------------------- names

    def _channels(self, name: str) -> list[str]:
        """Return the tokens of the channels that match a name or id."""
        plain = name[1:] if name[:1] in "#@" else name
        infos = ChannelTable(self._db).all(left=True)
        found = [info for info in infos if plain.isdecimal() and name == plain and info.id == int(plain)]
        found = found or _best(infos, plain, lambda info: info.name)
        if not found:
            known = names([info.name for info in infos if info.kind != "chat" and info.name][:20])
            raise NotFound("channel", f"in:{name}: no such channel in the archive; it has {known or 'none'}")
        return [channel_token(info.id) for info in _few(found, f"in:{name}")]

    def _people(self, name: str) -> list[str]:
        """Return the tokens of the authors that match a name."""
        plain = name.removeprefix("@")
        if plain.casefold() == "me" and self._me is not None:
            return [person_token(self._me.author)]
        rows = self._db.execute("SELECT kind, id, name, email FROM person").fetchall()
        people = [Author(number, kind, shown, email) for kind, number, shown, email in rows]
        if self._me is not None and self._me.author not in people:  # may not have written anything yet
            people.append(self._me.author)
        found = _best(people, plain, lambda author: author.name)
        found = found or [author for author in people if author.email and words(plain) in words(author.email)]
        if not found:
            raise NotFound("user", f"from:{name}: no such author in the archive")
        return [person_token(author) for author in _few(found, f"from:{name}")]


def _best(things: Sequence[Any], wanted: str, named: Any) -> list[Any]:
    """Return exact matches for a name; failing that, word-prefix matches; failing that, substring matches."""
    wanted = words(wanted).strip()
    shown = [(thing, words(named(thing)).strip()) for thing in things]
    for fits in (
        lambda name: name == wanted,
        lambda name: f" {name}".find(f" {wanted}") >= 0,
        lambda name: wanted in name,
    ):
        if found := [thing for thing, name in shown if name and fits(name)]:
            return found
    return []


def _few(found: list[ChannelInfo] | list[Author], what: str) -> list[Any]:
    if len(found) > MAX_NAMED:
        raise UsageError(f"{what} matches {len(found)} names; type more of the name")
    return [*found]


def _expression(term: Term) -> str:
    return _quoted(term.text) + (" *" if term.prefix else "")


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""').replace("\0", " ") + '"'


def _seconds(moment: Any) -> int:
    return int(moment.timestamp())


def _year(seconds: int) -> int:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).year
