"""Values: reads dates, pairs, numbers and lists of Odoo, each of which may have another type."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeGuard, cast

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
    "is_array",
    "is_object",
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
"""Ids and counts are below this number in every version."""

LONGEST = 40
"""Characters of a date at most."""

FIRST = datetime(1, 1, 2, tzinfo=UTC)
LAST = datetime(9999, 12, 30, 23, 59, 59, tzinfo=UTC)


def when(value: object) -> datetime | None:
    """Return a date of the server (``YYYY-MM-DD HH:MM:SS`` in UTC) as an aware datetime, None if there is none.

    A date in the first or the last days of `datetime` moves by one day, so that it exists in every time zone.

    Args:
        value: as the server sent it.
    """
    return _moment(value) if isinstance(value, str) and 0 < len(value) <= LONGEST else None


@lru_cache(maxsize=64)
def _moment(value: str) -> datetime | None:
    """Return the moment that a string names; the dates of one message, and of a burst, are mostly the same second."""
    try:
        moment = datetime.fromisoformat(value).replace(tzinfo=UTC)
    except ValueError:
        return None
    return min(max(moment, FIRST), LAST) if not 1 < moment.year < FOREVER.year else moment


def muted_until(value: object) -> datetime | None:
    """Return the end of a mute, `FOREVER` for one without an end, None if there is none.

    Args:
        value: value of ``mute_until_dt``; ``9999-12-31 23:59:59`` or -1 mean forever.
    """
    if value == -1 and not isinstance(value, bool):
        return FOREVER
    moment = when(value)
    return FOREVER if moment is not None and moment.year >= FOREVER.year else moment


def notified(value: object) -> str | None:
    """Return what notifies the user: ``all``, ``mentions``, ``no_notif``, or None for the user's settings.

    Args:
        value: value of ``custom_notifications``.
    """
    return value if isinstance(value, str) and value else None


def stamp(moment: datetime) -> str:
    """Return a datetime in the form of Odoo's domains: ``YYYY-MM-DD HH:MM:SS`` in UTC.

    Args:
        moment: with a time zone.
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def pair(value: object) -> tuple[int, str]:
    """Return the id and the name of a many2one value, (0, "") for none.

    Args:
        value: ``[id, name]``, ``{"id":…, "name":…}``, an id or False.
    """
    if not value:
        return 0, ""
    if is_object(value):
        name = value.get("name") or value.get("display_name")
        return identifier(value.get("id")), safe_name(name) if isinstance(name, str) else ""
    if isinstance(value, list | tuple):
        both = cast("Sequence[object]", value)
        name = both[1] if len(both) > 1 else ""
        return identifier(both[0]) if both else 0, safe_name(name) if isinstance(name, str) else ""
    return identifier(value), ""


def identifier(value: object) -> int:
    """Return a value that can be a record's id, a whole number from 1 to 2**63 - 1; else 0.

    Args:
        value: as the server sent it.
    """
    return value if type(value) is int and 0 < value < BITS else 0


def integer(value: object) -> int:
    """Return a whole number that fits 64 bits, else 0.

    Args:
        value: as the server sent it.
    """
    return value if isinstance(value, int) and -BITS <= value < BITS and not isinstance(value, bool) else 0


def count(value: object) -> int:
    """Return a whole number that fits 64 bits and is not negative, else 0.

    Args:
        value: as the server sent it.
    """
    return max(integer(value), 0)


def identifiers(value: object) -> list[int]:
    """Return the ids in a list, without its other elements.

    Args:
        value: as the server sent it.
    """
    return [number for number in map(identifier, items(value)) if number]


def text(value: object) -> str:
    """Return a string, "" for anything else: Odoo sends False for an empty string.

    Args:
        value: as the server sent it.
    """
    return value if isinstance(value, str) else ""


def sender(email_from: object) -> Author:
    """Return the author of a message by e-mail.

    Args:
        email_from: sender of the message, e.g. ``"Some One" <some@example.org>``.

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


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Return whether a decoded JSON value is an array.

    Args:
        value: any value out of an answer or a notification.
    """
    return isinstance(value, list)


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Return whether a decoded JSON value is an object.

    Args:
        value: any value out of an answer or a notification.
    """
    return isinstance(value, dict)


def items(value: object) -> list[Any]:
    """Return a list, empty for anything else.

    Args:
        value: as the server sent it.
    """
    return value if is_array(value) else []


def dicts(value: object) -> list[dict[str, Any]]:
    """Return the dicts in a value.

    Args:
        value: one dict, a list of them, or anything else.
    """
    if not value:
        return []
    if is_array(value):
        return [x for x in value if isinstance(x, dict)]
    return [value] if is_object(value) else []


def records(value: object) -> list[dict[str, Any]]:
    """Return the dicts in a value that have an id.

    Args:
        value: one dict, a list of them, or anything else.
    """
    return [row for row in dicts(value) if identifier(row.get("id"))]


def attachment(value: Mapping[str, Any]) -> Attachment:
    """Return an attachment.

    Args:
        value: value of a payload, or a row.
    """
    name = value.get("filename") or value.get("name")
    size = value.get("file_size", value.get("size"))
    return Attachment(
        id=identifier(value.get("id")),
        name=safe_name(name, 1000) if isinstance(name, str) else "",
        mimetype=value["mimetype"] if isinstance(value.get("mimetype"), str) else "",
        size=size if isinstance(size, int) and 0 <= size < BITS and not isinstance(size, bool) else None,
    )


_SERIES = re.compile(r"(?:saas[~-])?(?<!\d)(\d{1,3})(?!\d)(?:\.(\d{1,3})(?!\d))?", re.ASCII)


def _part(value: object) -> int:
    """Return a number of at most three digits, 0 for anything else."""
    return count(value) if count(value) < 1000 else 0


def parse_version(info: object, text: object = "") -> Version:
    """Return the version from ``server_version_info``, e.g. ``[19, 0, 0, "final", 0, ""]`` or ``["saas~18", 5, …]``.

    Args:
        info: the list, of ``common.version()`` or ``session_info``.
        text: ``server_version`` or ``server_serie``, which counts when the list contains no number.

    Raises:
        ProtocolError: neither contains a number.
    """
    if is_array(info) and info:
        first, minor = info[0], _part(info[1] if len(info) > 1 else 0)
        if number := _part(first):
            return Version(number, minor)
        if isinstance(first, str) and (found := _SERIES.search(first[:LONGEST])):
            return Version(int(found[1]), minor)
    if isinstance(text, str) and (found := _SERIES.search(text[:LONGEST])):
        return Version(int(found[1]), int(found[2] or 0))
    raise ProtocolError("the server sent no version", info or text)
