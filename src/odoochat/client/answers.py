"""Answers to queries: pages of messages, decoded or not, and the last change of channels."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from odoochat.model import Message
from odoochat.wire.requests.call import Call
from odoochat.wire.values import records

__all__ = ["SAME_MOMENT", "LastChange", "Page", "Rows", "with_ids"]

SAME_MOMENT = timedelta(seconds=2)
"""Age from which a row is certainly older than another change, as the server's clock shows whole seconds."""

log = logging.getLogger("odoochat")


class Page(Struct, frozen=True):
    """One response to a query for messages.

    Attributes:
        messages: the messages that could be read, in the requested order.
        last: the id of the last row, None for an empty answer. The next page begins after it.
        full: whether there are as many rows as requested. A page that is not full is the last one only where the
            server leaves no rows out: see `odoochat.core.catchup`.
    """

    messages: list[Message]
    last: int | None
    full: bool


class Rows(Struct, frozen=True):
    """One response to a query for messages, not decoded yet.

    Attributes:
        rows: the rows in the requested order.
        last: see `Page`.
        full: see `Page`.
    """

    rows: list[Any]
    last: int | None
    full: bool


class LastChange(Struct, frozen=True):
    """The row that was written last.

    Attributes:
        id: id of the row, or 0 if there is none.
        at: when; rows show whole seconds.
        settled: whether this second is over: until then another change may look the same.
    """

    id: int
    at: datetime | None
    settled: bool


def with_ids(call: Call, answer: Sequence[Any]) -> list[dict[str, Any]]:
    """Return the rows of a response that have an id.

    Args:
        call: what was asked for, for the log.
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
