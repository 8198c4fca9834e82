"""Responses to long polls and to peeks at the bus."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Generic, Protocol, TypeVar

import msgspec
from msgspec import Raw, Struct

from odoochat.errors import ProtocolError, SessionExpired
from odoochat.wire.envelopes import jsonrpc
from odoochat.wire.envelopes.frames import UNREADABLE, Item, from_rows
from odoochat.wire.values import is_array, is_object

__all__ = ["PolledReader", "RowReader", "polled_reader"]

R = TypeVar("R")
S = TypeVar("S")


class RowReader(Protocol):
    """Describes the rows about new messages that are read directly from their JSON.

    Attributes:
        row: the class of such a row. All other rows do not match it.
    """

    @property
    def row(self) -> Any: ...

    def notifications(self, rows: list[Any]) -> list[Item]:
        """Return the notifications in rows.

        Args:
            rows: instances of the class `row`.
        """
        ...


class _Poll(Struct, Generic[R], gc=False, rename={"rows": "result"}):
    rows: list[R]
    error: None = None


class _Notifications(Struct, Generic[R], gc=False):
    channels: list[Any]
    notifications: list[R]


class _Peek(Struct, Generic[R], gc=False):
    result: _Notifications[R]
    error: None = None

    @property
    def rows(self) -> list[R]:
        return self.result.notifications


class _Responses(Generic[S]):
    """Reads responses of one shape.

    Args:
        posts: reads rows about new messages.
        shape: `_Poll` or `_Peek`.
    """

    def __init__(self, posts: RowReader, shape: Any) -> None:
        self._notifications = posts.notifications
        self._posts: msgspec.json.Decoder[Any] = msgspec.json.Decoder(shape[posts.row])
        self._split: msgspec.json.Decoder[Any] = msgspec.json.Decoder(shape[Raw])
        self._post: msgspec.json.Decoder[Any] = msgspec.json.Decoder(posts.row)

    def read(self, data: bytes) -> tuple[S, list[Item]] | None:
        """Return a response with the items in it, or None if it does not have the usual shape."""
        if len(data) > jsonrpc.MAX_BYTES:
            return None
        try:
            response = self._posts.decode(data)
        except UNREADABLE:
            pass  # not all of its rows are plain posts
        else:
            return response, self._notifications(response.rows)
        try:
            response = self._split.decode(data)
            return response, self._items(response.rows)
        except (ValueError, RecursionError):
            return None

    def _items(self, rows: Sequence[Raw]) -> list[Item]:
        posts = [self._read_post(raw) for raw in rows] if len(rows) > 1 else [None] * len(rows)
        values = [jsonrpc.loads(bytes(raw)) for raw, post in zip(rows, posts, strict=True) if post is None]
        others = iter(from_rows(values))
        return [next(others) if post is None else post for post in posts]

    def _read_post(self, raw: Raw) -> Item | None:
        try:
            return self._notifications([self._post.decode(raw)])[0]
        except UNREADABLE:
            return None


class PolledReader:
    """Reads responses to long polls and peeks.

    Rows about new messages are read directly from their JSON if possible. All other rows are parsed as JSON values,
    with the same result.

    Args:
        posts: reads rows about new messages.
    """

    def __init__(self, posts: RowReader) -> None:
        self._polls: _Responses[_Poll[Any]] = _Responses(posts, _Poll)
        self._peeks: _Responses[_Peek[Any]] = _Responses(posts, _Peek)

    def poll(self, data: bytes, *, status: int, content_type: str) -> list[Item]:
        """Read the response to a long poll.

        Source: addons/bus/controllers/main.py (14.0, 15.0).

        Args:
            data: see `odoochat.wire.envelopes.jsonrpc.decode`.
            status: see there.
            content_type: see there.

        Returns:
            The items, in the server's order; empty if the poll ended without a notification.

        Raises:
            ProtocolError: the response is not a list of notifications.
            LoginError, ServerFault: the response contains an error; see `odoochat.wire.envelopes.jsonrpc.decode`.
        """
        if found := self._polls.read(data):
            return found[1]
        answer = jsonrpc.decode(data, status=status, content_type=content_type)
        return from_rows(answer or [])

    def peek(self, data: bytes, partner: list[object], *, status: int, content_type: str) -> list[Item]:
        """Read the response to a peek, ``{"channels": […], "notifications": […]}``.

        Source: ``addons/bus/controllers/websocket.py`` (Odoo 16 to 19), ``addons/bus/controllers/main.py`` (Odoo 14 and
        15).

        Args:
            data: see `odoochat.wire.envelopes.jsonrpc.decode`.
            partner: ``[db, "res.partner", id]``, which is among the channels if the server accepts the session.
            status: see `odoochat.wire.envelopes.jsonrpc.decode`.
            content_type: see there.

        Returns:
            The items, in the server's order.

        Raises:
            SessionExpired: the server does not accept the session.
            ProtocolError: the response has an unexpected shape.
            LoginError, ServerFault: the response contains an error; see `odoochat.wire.envelopes.jsonrpc.decode`.
        """
        if found := self._peeks.read(data):
            response, items = found
            if partner in response.result.channels:
                return items
        answer = jsonrpc.decode(data, status=status, content_type=content_type)
        if not is_object(answer) or not is_array(answer.get("channels")):
            raise ProtocolError("the response to bus polling is not a list of notifications", answer)
        if partner not in answer["channels"]:
            raise SessionExpired("the session has expired on the server")
        return from_rows(answer.get("notifications") or [])


@cache
def polled_reader(posts: RowReader) -> PolledReader:
    """Return the reader for one version's rows, created on first use because most clients never poll.

    Args:
        posts: reads rows about new messages.
    """
    return PolledReader(posts)
