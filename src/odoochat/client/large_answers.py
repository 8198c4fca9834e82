"""Answers that are too large: fewer messages are asked for, and one that is too large by itself without its text."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

import msgspec

from odoochat.net.reading import AnswerTooLarge
from odoochat.wire.requests.call import Call
from odoochat.wire.values import is_object

__all__ = ["LEFT_OUT", "ask_for_rows"]

log = logging.getLogger("odoochat")

LEFT_OUT = "[this message is too large to be read]"
STEP = 8


async def ask_for_rows(
    ask: Callable[[Call], Awaitable[Sequence[Any]]], make: Callable[[int], Call], limit: int
) -> tuple[Sequence[Any], int]:
    """Fetch rows of messages; a member of a channel can post so much that the usual number exceeds what is read.

    Args:
        ask: sends a call and returns its rows as they are.
        make: returns the call for a number of rows.
        limit: maximum number of rows.

    Returns:
        The rows, and the number that was asked for in the end. When there are as many, more may follow.
    """
    call = make(limit)
    while True:
        try:
            return await ask(call), limit
        except AnswerTooLarge as error:
            log.warning(
                "%d messages at once: %s; asking for fewer",
                limit,
                error,
                extra={"event": "answer.too_large", "count": limit, "error": str(error)},
            )
        if limit == 1:
            break
        limit = max(limit // STEP, 1)
        call = make(limit)
    fields = [field for field in cast("Sequence[str]", call.kwargs["fields"]) if field != "body"]
    rows = await ask(msgspec.structs.replace(call, kwargs={**call.kwargs, "fields": fields}))
    return [{**row, "body": LEFT_OUT} if is_object(row) else row for row in rows], 1
