"""A server that answers long polls at once, without newer rows, does not keep the client busy."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from odoochat.net.transports import longpoll
from odoochat.net.transports.longpoll import LongPoll
from odoochat.wire.envelopes.frames import RESET, Internal, Notification

PARTNER: list[object] = ["db", "res.partner", 3]


@pytest.mark.parametrize(
    "row", [None, {"id": 4, "channel": "x", "message": {}}, {"id": 5, "channel": "x", "message": {}}]
)
async def test_long_polls_that_bring_nothing_newer_are_paced(monkeypatch: pytest.MonkeyPatch, row: Any) -> None:
    async def call_route(http: Any, path: str, params: dict[str, Any], **_: Any) -> object:
        rows = [row] if row else []
        return {"channels": [PARTNER], "notifications": rows} if "peek" in params["options"] else rows

    monkeypatch.setattr(longpoll, "call_route", call_route)
    poll = LongPoll(cast("Any", None), partner=PARTNER, last=lambda: 5, overlapped=lambda _: 0, pauses=(0.05, 0.1))
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for _ in range(5):
        await poll.receive()
    assert loop.time() - begun > 0.3


async def test_long_polls_that_bring_newer_rows_are_not_paced(monkeypatch: pytest.MonkeyPatch) -> None:
    last = 0

    async def call_route(http: Any, path: str, params: dict[str, Any], **_: Any) -> object:
        return {"channels": [PARTNER], "notifications": []} if "peek" in params["options"] else []

    def newest() -> int:
        nonlocal last
        last += 1
        return last

    monkeypatch.setattr(longpoll, "call_route", call_route)
    poll = LongPoll(cast("Any", None), partner=PARTNER, last=newest, overlapped=lambda _: 0, pauses=(60.0,))
    async with asyncio.timeout(30):
        for _ in range(5):
            await poll.receive()


async def test_a_late_row_below_all_known_ones_means_that_the_ids_have_started_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows: dict[int, list[dict[str, Any]]] = {0: [{"id": 2, "channel": "x", "message": {}}], 4: []}

    async def call_route(http: Any, path: str, params: dict[str, Any], **_: Any) -> object:
        found = rows[params["last"]] if "peek" in params["options"] else []
        return {"channels": [PARTNER], "notifications": found} if "peek" in params["options"] else found

    monkeypatch.setattr(longpoll, "call_route", call_route)
    poll = LongPoll(cast("Any", None), partner=PARTNER, last=lambda: 5, overlapped=lambda _: 4)
    assert await poll.receive() == [Internal(RESET), Notification(2, "", {}, "x")]
    rows[4] = [{"id": 4, "channel": "x", "message": {}}, {"id": 5, "channel": "x", "message": {}}]
    assert [item.id for item in await poll.receive() if isinstance(item, Notification)] == [4, 5]
