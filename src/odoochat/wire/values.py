"""Single values out of what Odoo says: dates, pairs, numbers, lists that may be something else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from odoochat.errors import ProtocolError
from odoochat.model import FOREVER, Attachment, Version

__all__ = [
    "attachment",
    "dicts",
    "integer",
    "items",
    "muted_until",
    "notified",
    "pair",
    "parse_version",
    "stamp",
    "when",
]


def when(value: object) -> datetime | None:
    """A server's date (``YYYY-MM-DD HH:MM:SS``, UTC without zone) as an aware datetime, None when there is none."""
    if isinstance(value, str) and value:
        try:
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        except ValueError:
            return None
    return None


def muted_until(value: object) -> datetime | None:
    """``mute_until_dt``: a date, for good as ``9999-12-31 23:59:59`` or -1; None when nothing is muted."""
    if value == -1:
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
        return integer(value.get("id")), name if isinstance(name, str) else ""
    if isinstance(value, list | tuple):
        name = value[1] if len(value) > 1 else ""
        return integer(value[0]) if value else 0, name if isinstance(name, str) else ""
    return integer(value), ""


def integer(value: object) -> int:
    """The value when it is a whole number, else 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


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


def attachment(value: Mapping[str, Any]) -> Attachment:
    """An attachment from a payload or a row."""
    name = value.get("filename") or value.get("name")
    size = value.get("file_size", value.get("size"))
    return Attachment(
        id=integer(value.get("id")),
        name=name if isinstance(name, str) else "",
        mimetype=value["mimetype"] if isinstance(value.get("mimetype"), str) else "",
        size=size if isinstance(size, int) and not isinstance(size, bool) else None,
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
