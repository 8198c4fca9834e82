"""Channels and chats by the names that people type."""

from __future__ import annotations

import pytest

from odoochat import NotFound
from odoochat.sandbox import Sandbox
from tests.timings import quick_connect


@pytest.mark.parametrize("version", [14, 19])
async def test_a_channel_called_with_a_hash_by_every_form(version: int) -> None:
    async with Sandbox(version) as box, quick_connect(box.url, db=box.db, login="ann", password="ann") as ann:
        made = await ann.create("#odd")
        assert made.name == "#odd"
        for ref in ("#odd", "odd", "##odd", made.id, str(made.id), f"#{made.id}"):
            assert ann.channel(ref).id == made.id
            assert (await ann.resolve(ref)).id == made.id
        async with quick_connect(box.url, db=box.db, login="bob", password="bob", live=False) as bob:
            for ref in ("#odd", "odd", "##odd"):
                assert (await bob.join(ref)).id == made.id
                await bob.channel(made.id).leave()


async def test_a_channel_called_with_an_at_unless_a_person_is() -> None:
    async with Sandbox(19) as box, quick_connect(box.url, db=box.db, login="ann", password="ann") as ann:
        home = await ann.create("@home")
        trap = await ann.create("@bob")
        assert (await ann.resolve("@home")).id == home.id
        assert (await ann.resolve("@bob")).id != trap.id
        with pytest.raises(NotFound):
            await ann.resolve("@nobody")


@pytest.mark.parametrize("ref", ["@bob", "@Robert"])
async def test_the_old_chat_with_an_archived_person(ref: str) -> None:
    async with Sandbox(19) as box:
        async with quick_connect(box.url, db=box.db, login="ann", password="ann") as ann:
            chat = await ann.direct("bob")
            await chat.send("before")
        accounts = box.world.state.accounts
        accounts._db.update("user", accounts.uid("bob"), active=0)
        accounts.change_partner(box.world.partner("bob"), active=0, name="Robert")
        async with quick_connect(box.url, db=box.db, login="ann", password="ann") as ann:
            assert (await ann.resolve(ref)).id == chat.id
            with pytest.raises(NotFound):
                await ann.people.person(ref)
