"""What Odoo 20 alone refuses: a search of too many messages, and a second direct chat of two people."""

from __future__ import annotations

from typing import Any

import pytest

import odoochat
from odoochat.sandbox import Sandbox
from odoochat.wire.requests.call import Call

MANY = 10_000
"""Messages that one search without a model may match on 20."""


def copy_message(box: Sandbox, message: int, count: int) -> None:
    """Copy a message in the database many times, without notifications."""
    names = [row["name"] for row in box.world.state.db.rows("PRAGMA table_info(message)") if row["name"] != "id"]
    columns = ", ".join(f'"{name}"' for name in names)
    box.world.state.db.run(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
        f"INSERT INTO message ({columns}) SELECT {columns} FROM message, n WHERE message.id = ?",
        count,
        message,
    )


async def test_a_search_everywhere_falls_back_to_channels(caplog: pytest.LogCaptureFixture) -> None:
    async with (
        Sandbox(20) as box,
        odoochat.connect(box.url, login="bob", password="bob", live=False) as bob,
    ):
        copy_message(box, box.world.post("alice", "general", "needle"), MANY)
        found = [message async for message in bob.search("needle", 5)]
    assert [message.text for message in found] == ["needle"] * 5
    assert {message.record for message in found} == {None}
    assert "search limited to channels" in caplog.text


async def test_a_chat_that_another_device_makes_meanwhile_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    refused: list[str] = []
    async with (
        Sandbox(20) as box,
        odoochat.connect(box.url, login="bob", api_key=box.api_key("bob"), live=False) as bob,
    ):
        carry_out = bob._session.do

        async def do(action: Any, **options: Any) -> Any:
            if not (isinstance(action, Call) and action.method == "create"):
                return await carry_out(action, **options)
            made.append(box.world.chat("bob", "carol"))
            try:
                return await carry_out(action, **options)
            except odoochat.OdooChatError as error:
                refused.append(str(error))
                raise

        made: list[int] = []
        monkeypatch.setattr(bob._session, "do", do)
        chat = await bob.resolve("@carol")
        assert [chat.id] == made
        assert "member_indices" in refused[0]
