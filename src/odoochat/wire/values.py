"""Single values out of what Odoo says: dates, pairs, numbers, lists that may be something else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from odoochat.errors import ProtocolError
from odoochat.model import FOREVER, Attachment, Author, Version
from odoochat.wire.content.sanitize import safe_name

__all__ = [
    "attachment",
    "count",
    "dicts",
    "identifier",
    "identifiers",
    "integer",
    "items",
    "muted_until",
    "notified",
    "pair",
    "parse_version",
    "records",
    "sender",
    "stamp",
    "text",
    "when",
]

BITS = 2**63
"""Ids and counts beyond it are none: no version stores such."""

FIRST = datetime(1, 1, 2, tzinfo=UTC)
LAST = datetime(9999, 12, 30, 23, 59, 59, tzinfo=UTC)


def when(value: object) -> datetime | None:
    """A server's date (``YYYY-MM-DD HH:MM:SS``, UTC without zone) as an aware datetime, None when there is none.

    A date in the first or the last days that a datetime can hold is moved by one day, so that it has a value in every
    time zone.
    """
    if isinstance(value, str) and value:
        try:
            moment = datetime.fromisoformat(value).replace(tzinfo=UTC)
        except ValueError:
            return None
        return min(max(moment, FIRST), LAST) if not 1 < moment.year < FOREVER.year else moment
    return None


def muted_until(value: object) -> datetime | None:
    """``mute_until_dt``: a date, for good as ``9999-12-31 23:59:59`` or -1; None when nothing is muted."""
    if value == -1 and not isinstance(value, bool):
        return FOREVER
    moment = when(value)
    return FOREVER if moment is not None and moment.year >= FOREVER.year else moment


def notified(value: object) -> str | None:
    """``custom_notifications``: ``all``, ``mentions``, ``no_notif``; None where the user's settings count."""
    return value if isinstance(value, str) and value else None


def stamp(moment: datetime) -> str:
    """A datetime as Odoo's domains take it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def pair(value: object) -> tuple[int, str]:
    """``[id, name]``, ``{"id":…, "name":…}``, an id or False, as (id, name); (0, "") for nothing."""
    if isinstance(value, dict):
        name = value.get("name") or value.get("display_name")
        return identifier(value.get("id")), safe_name(name) if isinstance(name, str) else ""
    if isinstance(value, list | tuple):
        name = value[1] if len(value) > 1 else ""
        return identifier(value[0]) if value else 0, safe_name(name) if isinstance(name, str) else ""
    return identifier(value), ""


def identifier(value: object) -> int:
    """The value when it can be a record's id: a whole number from 1 to 2**63 - 1; else 0."""
    return value if isinstance(value, int) and 0 < value < BITS and not isinstance(value, bool) else 0


def integer(value: object) -> int:
    """The value when it is a whole number that fits 64 bits, else 0."""
    return value if isinstance(value, int) and -BITS <= value < BITS and not isinstance(value, bool) else 0


def count(value: object) -> int:
    """The value when it is a whole number that fits 64 bits and is not negative, else 0."""
    return max(integer(value), 0)


def identifiers(value: object) -> list[int]:
    """The ids in a list; what is none is left out."""
    return [number for number in map(identifier, items(value)) if number]


def text(value: object) -> str:
    """The value when it is a string, else an empty one: Odoo says False for what is empty."""
    return value if isinstance(value, str) else ""


def sender(email_from: object) -> Author:
    """Who wrote a message without an author: ``"Some One" <some@example.org>`` of its ``email_from``.

    Returns:
        An author of the kind ``email``; ``unknown`` when there is no sender either.
    """
    given = safe_name(text(email_from), 500).strip()
    if not given:
        return Author(0, "unknown", "")
    name, address = "", given
    if given.endswith(">") and "<" in given:
        name, _, address = given[:-1].rpartition("<")
        name = name.strip().strip('"').replace('\\"', '"').strip()
    if "@" not in address:
        return Author(0, "email", given, "")
    return Author(0, "email", name or address, address)


def items(value: object) -> list[Any]:
    """The value when it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def dicts(value: object) -> list[dict[str, Any]]:
    """The dicts in a value that may be one dict, a list of them, or anything else."""
    if isinstance(value, dict):
        return [value]
    if isinstance(value, list):
        return [x for x in value if isinstance(x, dict)]
    return []


def records(value: object) -> list[dict[str, Any]]:
    """The rows in an answer that have an id; what else stands there is left out."""
    return [row for row in dicts(value) if identifier(row.get("id"))]


def attachment(value: Mapping[str, Any]) -> Attachment:
    """An attachment from a payload or a row."""
    name = value.get("filename") or value.get("name")
    size = value.get("file_size", value.get("size"))
    return Attachment(
        id=identifier(value.get("id")),
        name=safe_name(name, 1000) if isinstance(name, str) else "",
        mimetype=value["mimetype"] if isinstance(value.get("mimetype"), str) else "",
        size=size if isinstance(size, int) and 0 <= size < BITS and not isinstance(size, bool) else None,
    )


_SERIES = re.compile(r"(?:saas[~-])?(\d+)(?:\.(\d+))?")


def parse_version(info: object, text: object = "") -> Version:
    """The version from ``server_version_info``, e.g. ``[19, 0, 0, "final", 0, ""]`` or ``["saas~18", 5, …]``.

    Args:
        info: the list, as ``common.version()`` or session_info gives it.
        text: ``server_version`` or ``server_serie``, used when the list says nothing.

    Raises:
        ProtocolError: when neither holds a number.
    """
    if isinstance(info, list) and info:
        major, minor = info[0], info[1] if len(info) > 1 else 0
        if isinstance(major, int):
            return Version(major, integer(minor))
        if isinstance(major, str) and (found := _SERIES.search(major)):
            return Version(int(found[1]), integer(minor))
    if isinstance(text, str) and (found := _SERIES.search(text)):
        return Version(int(found[1]), int(found[2] or 0))
    raise ProtocolError("the server named no version", repr(info or text))
