"""Bus frames: parses WebSocket frames, peeks and long polls, and builds the frames that the client sends."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias, cast

import msgspec
from msgspec import UNSET, Struct, UnsetType

from odoochat.errors import EXCERPT, ProtocolError, UsageError
from odoochat.wire.envelopes.jsonrpc import loads
from odoochat.wire.values import BITS, identifier, is_array, is_object

__all__ = [
    "OUTDATED",
    "RESET",
    "UNREADABLE",
    "Internal",
    "Item",
    "Malformed",
    "Notification",
    "PayloadReader",
    "from_rows",
    "items",
    "parse",
    "says",
    "subscribe",
    "update_presence",
    "with_reset",
]


MAX_FRAME = 4 * 1024 * 1024
"""Maximum frame length to parse, in characters: a message of a few megabytes, or thousands of ordinary ones."""

LARGE = 256 * 1024
"""Frame length, in characters, from which rows are decoded one by one."""

FIRST_TYPE = 64
"""Number of characters within which the type of a frame's first row begins."""

EXCERPTS = 100
"""Number of malformed elements per response for which an excerpt is kept."""

UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)
"""What msgspec raises for JSON that it cannot decode, or that has another shape than the given type."""

OUTDATED = "bus/subscription_outdated"
"""Type of the bus message that reports lost rows, which must be fetched (Odoo 20)."""

RESET = "bus/last_id_reset"
"""Type of the bus message that reports that the ids have started over, as after a restore (Odoo 20)."""


class Notification(Struct, frozen=True, gc=False):
    """A notification: one row from the server's bus.

    Attributes:
        id: id of the ``bus.bus`` row, from 1 to 2**63 - 1; ids do not follow commit order.
        type: e.g. ``discuss.channel/new_message``; "" in Odoo 14, whose messages have no envelope.
        payload: the content; its shape depends on the type. JSON values, or what a `PayloadReader` returned.
        channel: bus channel, known only in Odoo 14: a string or ``[db, model, id]``.
    """

    id: int
    type: str
    payload: Any
    channel: Any = None


class Internal(Struct, frozen=True):
    """A control message from the bus, without an id (Odoo 20).

    Attributes:
        type: ``bus/subscription_outdated`` (rows were lost and must be fetched) or ``bus/last_id_reset``.
        payload: the new last id, for ``bus/last_id_reset``.
    """

    type: str
    payload: Any = None


class Malformed(Struct, frozen=True):
    """An element that is not a notification; it does not affect the other elements in its frame.

    Attributes:
        excerpt: the first 80 characters, as ASCII JSON; empty after the first `EXCERPTS` elements of a response.
    """

    excerpt: str


Item: TypeAlias = Notification | Internal | Malformed


class PayloadReader(Protocol):
    """Reads the payloads of one type of notification directly from their JSON.

    Attributes:
        notification: the type.
    """

    notification: str

    def read(self, payload: msgspec.Raw) -> object | None:
        """Read a payload.

        Args:
            payload: the payload as JSON.

        Returns:
            The payload, or None if it must be parsed like any other.
        """
        ...

    def read_frame(self, text: str) -> Notification | None:
        """Read a frame that consists of one notification.

        Args:
            text: the frame.

        Returns:
            The notification, or None if the frame must be parsed like any other.
        """
        ...


class _Message(Struct, gc=False):
    type: str
    payload: Any


class _Row(Struct, gc=False):
    id: int
    message: _Message
    channel: Any = None
    internal: bool | UnsetType = UNSET


class _UnreadMessage(Struct, gc=False):
    type: str
    payload: msgspec.Raw


class _UnreadRow(Struct, gc=False):
    id: int
    message: _UnreadMessage
    channel: Any = None
    internal: bool | UnsetType = UNSET


_decoder = msgspec.json.Decoder(list[_Row])
_unread = msgspec.json.Decoder(list[_UnreadRow])
_any = msgspec.json.Decoder()
_split = msgspec.json.Decoder(list[msgspec.Raw])
_row = msgspec.json.Decoder(_Row)


def says(items: Iterable[Item], type: str) -> bool:
    """Return whether one of the items is a control message of a type.

    Args:
        items: the items.
        type: `OUTDATED` or `RESET`.
    """
    return any(isinstance(i, Internal) and i.type == type for i in items)


def with_reset(items: list[Item], lowest: int) -> list[Item]:
    """Put a `RESET` before items whose ids have all started over, because servers before Odoo 20 do not report it.

    Args:
        items: the items.
        lowest: an id that at least one notification would reach if the ids had not started over.

    Returns:
        The items; the same list if the ids continue, or if there is no notification.
    """
    ids = [i.id for i in items if isinstance(i, Notification)]
    return [Internal(RESET), *items] if ids and max(ids) < lowest else items


def parse(text: str | bytes) -> list[Item]:
    """Parse a WebSocket text frame.

    A frame longer than `MAX_FRAME` is not parsed. It is treated as ``bus/subscription_outdated``, so the client
    fetches its contents.

    Source: addons/bus/websocket.py (16.0 to 19.0), addons/bus/bus_dispatcher.py (20.0).

    Args:
        text: a JSON list of ``{"id", "message": {"type", "payload"}}``; Odoo 20 also sends
            ``{"type", "internal": true, "payload"}``.

    Returns:
        The items, in frame order.

    Raises:
        ProtocolError: the frame is not JSON or not a list.
    """
    return list(items(text))


def items(text: str | bytes, reader: PayloadReader | None = None) -> Iterable[Item]:
    """Parse a WebSocket text frame like `parse`, but decode the rows of large frames lazily.

    Args:
        text: see `parse`.
        reader: reads payloads of its type in small frames.

    Returns:
        The items, in frame order. Iterating them may raise ProtocolError, as `parse` does.
    """
    if len(text) > MAX_FRAME:
        return [Internal(OUTDATED)]
    if len(text) < LARGE:
        try:
            if reader is not None and isinstance(text, str) and (at := text.find(reader.notification)) >= 0:
                only = reader.read_frame(text) if at < FIRST_TYPE else None
                return [only] if only is not None else [_read(row, reader) for row in _unread.decode(text)]
            return [_typed(row) for row in _decoder.decode(text)]
        except UNREADABLE:
            pass  # at least one row is unusual
    return _one_by_one(text)


def _one_by_one(text: str | bytes) -> Iterator[Item]:
    try:
        rows = _split.decode(text)
    except UNREADABLE:
        yield from _parse_slowly(text)
        return
    yield from map(_decoded, rows)


def _read(row: _UnreadRow, reader: PayloadReader) -> Item:
    message = row.message
    payload = reader.read(message.payload) if message.type == reader.notification else None
    if payload is None:
        payload = _any.decode(message.payload)
    if 0 < row.id < BITS:
        return Notification(row.id, message.type, payload, row.channel)
    return Malformed(_excerpt({"id": row.id, "type": message.type}))


def _typed(row: _Row) -> Item:
    if 0 < row.id < BITS:
        message = row.message
        return Notification(row.id, message.type, message.payload, row.channel)
    return Malformed(_excerpt({"id": row.id, "type": row.message.type}))


def _decoded(raw: msgspec.Raw) -> Item:
    try:
        return _typed(_row.decode(raw))
    except UNREADABLE:
        try:
            return from_rows([loads(bytes(raw))])[0]
        except ValueError:
            return Malformed(_excerpt(bytes(raw)[:EXCERPT].decode("utf-8", "replace")))


def _parse_slowly(text: str | bytes) -> list[Item]:
    try:
        rows = loads(text)
    except ValueError as error:
        raise ProtocolError("the frame is not JSON", text) from error
    if not is_array(rows):
        raise ProtocolError("the frame is not a list", text)
    return from_rows(cast("list[object]", rows))


def from_rows(rows: object) -> list[Item]:
    """Return the items in the decoded response to a peek or a long poll.

    Source: addons/bus/controllers/main.py (14.0, 15.0), addons/bus/controllers/websocket.py (16.0 to 19.0).

    Args:
        rows: elements as in `parse`, or ``{"id", "channel", "message": {…}}`` from Odoo 14, which become notifications
            with an empty type, the message as payload, and their channel.

    Raises:
        ProtocolError: the rows are not a list.
    """
    if not is_array(rows):
        raise ProtocolError("the notifications are not a list", _excerpt(rows))
    found: list[Item] = []
    malformed = 0
    for row in cast("list[object]", rows):
        item = _item(row)
        if item is None:
            malformed += 1
            # Excerpts are the slowest part of handling a row, so only the first few rows get one.
            item = Malformed(_excerpt(row) if malformed <= EXCERPTS else "")
        found.append(item)
    return found


def _item(row: object) -> Item | None:
    """Convert a row to an item, or return None if it is malformed."""
    if not is_object(row):
        return None
    value = row
    message, channel = value.get("message"), value.get("channel")
    if "message" not in value:
        type = value.get("type")
        known = isinstance(type, str) and (value.get("internal") is True or value.get("id") is None)
        return Internal(cast(str, type), value.get("payload")) if known else None
    if not (id := identifier(value.get("id"))):
        return None
    if is_object(message):
        typed = message
        type = typed.get("type")
        if isinstance(type, str) and ("payload" in typed or channel is None):
            return Notification(id, type, typed.get("payload"), channel)
    if channel is None:
        return None
    return Notification(id, "", message, channel)


def _excerpt(value: object) -> str:
    shown: list[str] = []
    size = 0
    try:
        for piece in json.JSONEncoder(default=repr).iterencode(value):
            shown.append(piece[: EXCERPT + 1])
            size += len(piece)
            if size > EXCERPT:
                break
    except (TypeError, ValueError, RecursionError):
        shown.append(f"<{type(value).__name__}>")
    return "".join(shown)[:EXCERPT]


def subscribe(channels: Sequence[str], last: int, *, check_outdated: bool = False) -> str:
    """Build the frame that starts or renews a subscription.

    Source: addons/bus/models/ir_websocket.py (16.0 to 20.0).

    Args:
        channels: names of bus channels, in addition to those that the server adds on its own. The server silently
            drops a frame that contains a non-string name.
        last: highest notification id seen; 0 for notifications from the last 50 seconds.
        check_outdated: the value of a key that Odoo 20 requires and older versions ignore. If True, the server checks
            whether the row `last` still exists; pass False if there is no such row.

    Raises:
        UsageError: a channel is not a string.
    """
    given = cast("Sequence[object]", channels)
    if isinstance(channels, str) or not all(isinstance(channel, str) for channel in given):
        raise UsageError(f"channels must be a list of strings, not {channels!r:.80}")
    data: dict[str, object] = {"channels": list(channels), "last": last}
    if check_outdated:
        data["check_outdated"] = last > 0
    return json.dumps({"event_name": "subscribe", "data": data}, separators=(",", ":"))


def update_presence(idle: int, *, wants_ids: bool) -> str:
    """Build the frame that reports how long the user has been idle.

    Source: addons/bus/models/ir_websocket.py (16.0 to 18.0), addons/mail/models/ir_websocket.py (19.0).

    Args:
        idle: idle time in milliseconds; 0 means online, more than 1,800,000 means away.
        wants_ids: whether to send ``im_status_ids_by_model``, which Odoo 16 to 18 require and 19 and 20 reject.
    """
    data: dict[str, object] = {"inactivity_period": idle}
    if wants_ids:
        data["im_status_ids_by_model"] = {}
    return json.dumps({"event_name": "update_presence", "data": data}, separators=(",", ":"))
