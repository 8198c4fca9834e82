"""Thousands of records in one frame: the event loop goes on while they are decoded and published."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from odoochat.events import Event, MemberJoined, MessagePosted, MessageSeen, ReactionChanged
from odoochat.net.time_slice import TimeSlice
from odoochat.sandbox import Sandbox
from tests.net.front import front
from tests.timings import UNSWEPT, quick_connect

MANY = 9_000


def reactions(channel: int, message: int) -> list[dict[str, Any]]:
    groups = [{"message": message, "content": f"{n}", "count": 1, "partners": [7]} for n in range(MANY)]
    store = {"mail.message": [{"id": message, "reactions": [["ADD", groups]]}], "MessageReactions": groups}
    return [_row(1, "mail.record/insert", store)]


def read_marks(channel: int, message: int) -> list[dict[str, Any]]:
    where = {"id": channel, "model": "discuss.channel"}
    rows = [
        {"id": n, "seen_message_id": message, "partner_id": 5_000 + n, "channel_id": where} for n in range(1, MANY + 1)
    ]
    return [_row(1, "mail.record/insert", {"discuss.channel.member": rows})]


def members(channel: int, message: int) -> list[dict[str, Any]]:
    ids = list(range(1, MANY + 1))
    store = {
        "discuss.channel": [{"id": channel, "channel_member_ids": [["ADD", ids]]}],
        "discuss.channel.member": [{"id": n, "partner_id": 5_000 + n} for n in ids],
        "res.partner": [{"id": 5_000 + n, "name": f"Person {n}"} for n in ids],
    }
    return [_row(1, "mail.record/insert", store)]


def messages(channel: int, message: int) -> list[dict[str, Any]]:
    def store(number: int) -> dict[str, Any]:
        row = {"id": number, "body": ["markup", "<p>x</p>"], "author_id": 7, "date": "2026-01-01 00:00:00"}
        return {"mail.message": [row], "res.partner": [{"id": 7, "name": "P"}]}

    return [
        _row(n, "discuss.channel/new_message", {"id": channel, "data": store(message + n)}) for n in range(1, MANY + 1)
    ]


def _row(number: int, kind: str, payload: object) -> dict[str, Any]:
    return {"id": 1_000_000 + number, "message": {"type": kind, "payload": payload}}


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (reactions, ReactionChanged),
        (read_marks, MessageSeen),
        (members, MemberJoined),
        (messages, MessagePosted),
    ],
    ids=lambda value: str(getattr(value, "__name__", value)),
)
async def test_no_turn_of_the_event_loop_publishes_the_whole_frame(
    make: Any, kind: type[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    # With short slices, a fast machine needs many of them, too.
    monkeypatch.setattr(TimeSlice.__init__, "__defaults__", (0.001, 0.0, time.thread_time))
    async with (
        Sandbox(19) as box,
        front(box.url) as proxy,
        quick_connect(proxy.url, login="alice", password="alice", timing=UNSWEPT) as odoo,
    ):
        await odoo.link.wait_open(20)
        channel = odoo.channel("general").id
        first = box.world.post("bob", "general", "first")
        received = odoo.events(kind, maxsize=2 * MANY)
        pending, most, turns, going = received.pending, 0, 0, True

        def turn() -> None:
            nonlocal pending, most, turns
            most, pending = max(most, received.pending - pending), received.pending
            turns += most > 0 or received.pending == 0
            if going:
                asyncio.get_running_loop().call_soon(turn)

        turn()
        text = json.dumps(make(channel, first), separators=(",", ":"))
        before = turns
        for socket in tuple(proxy.sockets):
            await socket.send_str(text)
        async with asyncio.timeout(100):
            while received.pending < MANY:
                await asyncio.sleep(0)
        going = False
        assert most < MANY * 2 / 3
        assert turns > before + 10
