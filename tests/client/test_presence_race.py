"""Setting one's status just after connecting, where the server's two ends both make the row of presence."""

from __future__ import annotations

import asyncio

import pytest

from odoochat import ServerFault
from odoochat.client.session import Session
from odoochat.sandbox import Sandbox
from odoochat.wire.requests.call import Call
from tests.timings import quick_connect

REFUSED = ServerFault(
    "psycopg2.errors.UniqueViolation",
    'duplicate key value violates unique constraint "bus_presence_user_unique"',
)


@pytest.mark.parametrize("version", [17, 18])
async def test_the_open_websocket_says_it(version: int, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Sandbox(version) as box, quick_connect(box.url, login="alice", password="alice") as alice:
        await alice.link.wait_open(10)
        called: list[str] = []
        whole = Session.do

        async def do(self: Session, action: object, **more: object) -> object:
            called.append(getattr(action, "model", ""))
            return await whole(self, action, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(Session, "do", do)
        await alice.people.set_status("away")
        assert "bus.presence" not in called
        async with quick_connect(box.url, login="bob", password="bob", live=False) as bob:
            me = alice.me.partner_id
            async with asyncio.timeout(10):
                while (await bob.people.statuses([me]))[me] != "away":
                    await asyncio.sleep(0.02)


@pytest.mark.parametrize("version", [15, 17, 18])
async def test_a_row_that_was_made_meanwhile_is_written_again(version: int, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Sandbox(version) as box, quick_connect(box.url, login="alice", password="alice", live=False) as alice:
        left = [1, 1]
        whole = Session.do

        async def do(self: Session, action: object, **more: object) -> object:
            if isinstance(action, Call) and action.model == "bus.presence" and left:
                left.pop()
                raise REFUSED
            return await whole(self, action, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(Session, "do", do)
        await alice.people.set_status("online")
        assert not left
