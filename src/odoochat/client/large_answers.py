"""Large responses: requests fewer messages at a time, and omits a single message's text if it is too large."""

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

LEFT_OUT = "[this message is too large to display]"
STEP = 8


async def ask_for_rows(
    ask: Callable[[Call], Awaitable[Sequence[Any]]], make: Callable[[int], Call], limit: int
) -> tuple[Sequence[Any], int]:
    """Fetch message rows, requesting fewer at a time if the response exceeds the size limit.

    Args:
        ask: a function that sends a call and returns the raw rows.
        make: a function that builds the call for a given number of rows.
        limit: maximum number of rows.

    Returns:
        The rows, and the number of rows actually requested. If the server returned that many, there may be
        more.
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
