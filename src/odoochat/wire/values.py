"""Tolerant readers for Odoo's dates, pairs, numbers and lists, any of which may arrive with an unexpected type."""

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
    "moment",
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
"""Upper bound for ids and counts in every version, exclusive."""

LONGEST_DATE = 40
"""Maximum length of a date, in characters."""

FIRST = datetime(1, 1, 2, tzinfo=UTC)
LAST = datetime(9999, 12, 30, 23, 59, 59, tzinfo=UTC)


def when(value: object) -> datetime | None:
    """Parse a server date (``YYYY-MM-DD HH:MM:SS`` in UTC) into an aware datetime, or return None if it is invalid.

    Dates at either end of the `datetime` range are shifted by one day so that they exist in every time zone.

    Args:
        value: the value as sent by the server.
    """
    return moment(value) if isinstance(value, str) and 0 < len(value) <= LONGEST_DATE else None


@lru_cache(maxsize=64)
def moment(value: str) -> datetime | None:
    """Parse a date like `when`; results are cached, because most dates within a message or burst are identical.

    Args:
        value: at most `LONGEST_DATE` characters.
    """
    try:
        parsed = datetime.fromisoformat(value).replace(tzinfo=UTC)
    except ValueError:
        return None
    return min(max(parsed, FIRST), LAST) if not 1 < parsed.year < FOREVER.year else parsed


def muted_until(value: object) -> datetime | None:
    """Return when a mute ends: `FOREVER` if it never ends, None if the channel is not muted.

    Args:
        value: the ``mute_until_dt`` value; ``9999-12-31 23:59:59`` and -1 both mean forever.
    """
    if value == -1 and not isinstance(value, bool):
        return FOREVER
    end = when(value)
    return FOREVER if end is not None and end.year >= FOREVER.year else end


def notified(value: object) -> str | None:
    """Return the notification setting: ``all``, ``mentions``, ``no_notif``, or None to follow the user's settings.

    Args:
        value: the ``custom_notifications`` value.
    """
    return value if isinstance(value, str) and value else None


def stamp(moment: datetime) -> str:
    """Format a datetime for an Odoo domain: ``YYYY-MM-DD HH:MM:SS`` in UTC.

    Args:
        moment: an aware datetime.
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def pair(value: object) -> tuple[int, str]:
    """Return the id and name in a many2one value, or (0, "") if it is empty.

    Args:
        value: ``[id, name]``, ``{"id":…, "name":…}``, an id or False.
    """
    if type(value) is int:
        return value if 0 < value < BITS else 0, ""
    if not value:
        return 0, ""
    if isinstance(value, (list, tuple)):
        both = cast("Sequence[object]", value)
        name = both[1] if len(both) > 1 else ""
        return identifier(both[0]) if both else 0, safe_name(name) if isinstance(name, str) else ""
    if is_object(value):
        name = value.get("name") or value.get("display_name")
        return identifier(value.get("id")), safe_name(name) if isinstance(name, str) else ""
    return identifier(value), ""


def identifier(value: object) -> int:
    """Return a valid record id, an integer from 1 to 2**63 - 1, or 0 for any other value.

    Args:
        value: the value as sent by the server.
    """
    return value if type(value) is int and 0 < value < BITS else 0


def integer(value: object) -> int:
    """Return an integer that fits in 64 bits, or 0 for any other value.

    Args:
        value: the value as sent by the server.
    """
    return value if isinstance(value, int) and -BITS <= value < BITS and not isinstance(value, bool) else 0


def count(value: object) -> int:
    """Return a non-negative integer that fits in 64 bits, or 0 for any other value.

    Args:
        value: the value as sent by the server.
    """
    return max(integer(value), 0)


def identifiers(value: object) -> list[int]:
    """Return the valid ids in a list, dropping all other elements.

    Args:
        value: the value as sent by the server.
    """
    return [number for number in map(identifier, value) if number] if value and is_array(value) else []


def text(value: object) -> str:
    """Return a string, or "" for any other value; Odoo sends False for an empty string.

    Args:
        value: the value as sent by the server.
    """
    return value if isinstance(value, str) else ""


def sender(email_from: object) -> Author:
    """Return the author of a message that arrived by email.

    Args:
        email_from: the message's sender, e.g. ``"Some One" <some@example.org>``.

    Returns:
        An author of kind ``email``, or of kind ``unknown`` if the sender is missing too.
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
        value: any value from a response or notification.
    """
    return isinstance(value, list)


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Return whether a decoded JSON value is an object.

    Args:
        value: any value from a response or notification.
    """
    return isinstance(value, dict)


def items(value: object) -> list[Any]:
    """Return the value if it is a list, otherwise an empty list.

    Args:
        value: the value as sent by the server.
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
    """Decode an attachment.

    Args:
        value: an attachment from a payload, or a row.
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
    """Return a number of up to three digits, or 0 for any other value."""
    return count(value) if count(value) < 1000 else 0


def parse_version(info: object, text: object = "") -> Version:
    """Parse ``server_version_info``, e.g. ``[19, 0, 0, "final", 0, ""]`` or ``["saas~18", 5, …]``.

    Args:
        info: the list from ``common.version()`` or ``session_info``.
        text: ``server_version`` or ``server_serie``; used if the list contains no number.

    Raises:
        ProtocolError: neither argument contains a version number.
    """
    if is_array(info) and info:
        first, minor = info[0], _part(info[1] if len(info) > 1 else 0)
        if number := _part(first):
            return Version(number, minor)
        if isinstance(first, str) and (found := _SERIES.search(first[:LONGEST_DATE])):
            return Version(int(found[1]), minor)
    if isinstance(text, str) and (found := _SERIES.search(text[:LONGEST_DATE])):
        return Version(int(found[1]), int(found[2] or 0))
    raise ProtocolError("the server sent no version", info or text)
