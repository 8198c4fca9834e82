"""What the values of the public interface say: whose message it is, when it was edited, and None for the unknown."""

from __future__ import annotations

import pytest

import odoochat
from odoochat import Counters, MessageEdited
from odoochat.sandbox import Sandbox


@pytest.mark.parametrize("version", [14, 16, 17, 19])
async def test_a_message_says_whether_it_is_the_users_own_and_when_it_was_edited(version: int) -> None:
    async with (
        Sandbox(version) as box,
        odoochat.connect(box.url, db=box.db, login="ann", password="ann") as ann,
        odoochat.connect(box.url, db=box.db, login="bob", password="bob") as bob,
    ):
        edits = bob.events(MessageEdited)
        posted = bob.events(odoochat.MessagePosted)
        message = await ann.channel("general").send("frist")
        assert (message.mine, message.edited_at) == (True, None)
        heard = (await posted.get(20)).message
        assert (heard.mine, heard.edited_at) == (False, None)

        await ann.channel("general").star(message)  # writes the row, and is no edit
        assert (await ann.fetch_message(message.id)).edited_at is None

        await ann.channel("general").edit(message, "first")
        if version > 14:  # 14 notifies no client of an edit
            edited = (await edits.get(20)).message
            assert (edited.text, edited.mine, edited.edited_at is not None) == ("first", False, True)
        again = await bob.fetch_message(message.id)
        assert again.mine is False
        assert (again.edited_at is not None) is (version > 14)
        assert (await ann.fetch_message(message.id)).mine


async def test_what_is_not_known_is_none() -> None:
    async with (
        Sandbox(19) as box,
        odoochat.connect(box.url, db=box.db, login="ann", password="ann", live=False) as ann,
    ):
        assert ann.inbox.counters is None
        await ann.refresh()
        assert ann.inbox.counters == Counters(0, 0)
        assert ann.people.status(1_000_000) is None
        assert {m.seen for m in await ann.channel("general").members()} <= {None, *range(1, 1000)}


async def test_a_connected_client_knows_its_counters() -> None:
    async with (
        Sandbox(19) as box,
        odoochat.connect(box.url, db=box.db, login="ann", password="ann") as ann,
    ):
        assert ann.inbox.counters == Counters(0, 0)
