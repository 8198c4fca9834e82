"""A server that answers long polls at once, without newer rows, does not keep the client busy."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, cast

import pytest

from odoochat.model import Version
from odoochat.net.answer import Answer
from odoochat.net.http import Http
from odoochat.net.transports.longpoll import LongPoll
from odoochat.secret import Payload
from odoochat.wire.envelopes.frames import RESET, Internal, Notification
from odoochat.wire.versions.registry import dialect_for

PARTNER: list[object] = ["db", "res.partner", 3]


class Server:
    """Answers polls and peeks with the rows that a function returns for the params of the request."""

    what = "the server"

    def __init__(self, rows: Callable[[dict[str, Any]], list[Any]]) -> None:
        self._rows = rows

    async def post(self, path: str, body: Payload, content_type: str, **_: Any) -> Answer:
        params = json.loads(body.reveal())["params"]
        rows: Any = self._rows(params)
        if "peek" in params["options"]:
            rows = {"channels": [PARTNER], "notifications": rows}
        return Answer(200, "application/json", json.dumps({"jsonrpc": "2.0", "id": 1, "result": rows}).encode())


def long_poll(rows: Callable[[dict[str, Any]], list[Any]], **how: Any) -> LongPoll:
    return LongPoll(cast(Http, Server(rows)), dialect_for(Version(14)).decoder.polled, partner=PARTNER, **how)


@pytest.mark.parametrize(
    "row", [None, {"id": 4, "channel": "x", "message": {}}, {"id": 5, "channel": "x", "message": {}}]
)
async def test_long_polls_that_bring_nothing_newer_are_paced(row: Any) -> None:
    rows = [row] if row else []
    poll = long_poll(lambda _: rows, last=lambda: 5, overlapped=lambda _: 0, pauses=(0.05, 0.1))
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for _ in range(5):
        await poll.receive()
    assert loop.time() - begun > 0.3


async def test_long_polls_that_bring_newer_rows_are_not_paced() -> None:
    last = 0

    def newest() -> int:
        nonlocal last
        last += 1
        return last

    poll = long_poll(lambda _: [], last=newest, overlapped=lambda _: 0, pauses=(60.0,))
    async with asyncio.timeout(30):
        for _ in range(5):
            await poll.receive()


async def test_a_late_row_below_all_known_ones_means_that_the_ids_have_started_over() -> None:
    rows: dict[int, list[dict[str, Any]]] = {0: [{"id": 2, "channel": "x", "message": {}}], 4: []}

    def found(params: dict[str, Any]) -> list[dict[str, Any]]:
        return rows[params["last"]] if "peek" in params["options"] else []

    poll = long_poll(found, last=lambda: 5, overlapped=lambda _: 4)
    assert await poll.receive() == [Internal(RESET), Notification(2, "", {}, "x")]
    rows[4] = [{"id": 4, "channel": "x", "message": {}}, {"id": 5, "channel": "x", "message": {}}]
    assert [item.id for item in await poll.receive() if isinstance(item, Notification)] == [4, 5]
