"""Query results: pages of messages, decoded or not, and the most recent change."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from odoochat.client.session import Session
from odoochat.errors import ProtocolError
from odoochat.model import Message
from odoochat.wire.requests.call import Call
from odoochat.wire.values import is_array, records

__all__ = ["SAME_MOMENT", "LastChange", "Page", "Rows", "fetch_list", "fetch_rows", "with_ids"]

SAME_MOMENT = timedelta(seconds=2)
"""Minimum time difference that proves one change older than another, given that rows store whole seconds."""

log = logging.getLogger("odoochat")


class Page(Struct, frozen=True):
    """One page of messages.

    Attributes:
        messages: the messages that could be read, in the requested order.
        last: the id of the last row, or None for an empty page. The next page begins after it.
        full: whether the server returned as many rows as requested. A page that is not full is the last one only if the
            server omits no rows; see `odoochat.core.catchup`.
    """

    messages: list[Message]
    last: int | None
    full: bool


class Rows(Struct, frozen=True):
    """One page of messages, not yet decoded.

    Attributes:
        rows: the rows in the requested order.
        last: see `Page`.
        full: see `Page`.
        first: the id of the first row, or None for an empty page.
    """

    rows: list[Any]
    last: int | None
    full: bool
    first: int | None = None


class LastChange(Struct, frozen=True):
    """The most recently written row.

    Attributes:
        id: id of the row, or 0 if there is none.
        at: when it was written, in whole seconds.
        settled: whether that second has passed; until then, further changes may get the same timestamp.
    """

    id: int
    at: datetime | None
    settled: bool


async def fetch_rows(session: Session, call: Call) -> list[dict[str, Any]]:
    """Send a model call that returns rows.

    Args:
        session: sends the request.
        call: the model call.

    Returns:
        The rows that have an id; see `with_ids`.

    Raises:
        ProtocolError: the response is not a list.
        OdooChatError: the request failed.
    """
    return with_ids(call, await fetch_list(session, call))


async def fetch_list(session: Session, call: Call) -> Sequence[Any]:
    """Send a model call that returns a list.

    Args:
        session: sends the request.
        call: the model call.

    Raises:
        ProtocolError: the response is not a list.
        OdooChatError: the request failed.
    """
    answer = await session.do(call)
    if not is_array(answer):
        raise ProtocolError(f"the response to {call.model}.{call.method} is not a list", answer)
    return answer


def with_ids(call: Call, answer: Sequence[Any]) -> list[dict[str, Any]]:
    """Return the rows that have an id.

    Args:
        call: the call, for the log.
        answer: the rows.
    """
    rows = records(answer)
    if len(rows) < len(answer):
        log.warning(
            "%s.%s: skipped %d rows without an id",
            call.model,
            call.method,
            len(answer) - len(rows),
            extra={
                "event": "rows.skipped",
                "model": call.model,
                "method": call.method,
                "count": len(answer) - len(rows),
            },
        )
    return rows
