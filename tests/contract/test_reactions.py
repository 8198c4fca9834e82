"""Reactions that were set before a client knew of their messages, and that looking for them marks nothing as read."""

from __future__ import annotations

from typing import Any

import msgspec

from odoochat import ReactionChanged
from odoochat.render import json_line, value
from odoochat.wire.versions.features import require
from tests.contract.features import covers


def counted(message: Any) -> list[tuple[str, int]]:
    return [(r.content, r.count) for r in message.reactions]


async def waiting(client: Any, ids: list[int]) -> set[int]:
    """Which of these messages wait in the inbox."""
    rows = await client.execute("mail.message", "search_read", domain=[["id", "in", ids]], fields=["needaction"])
    return {row["id"] for row in rows if row["needaction"]}


@covers("reactions")
async def test_reactions_set_before_are_known(server, by, acting, person, unique):
    async with person("bob", live=False) as bob:
        general = bob.channel("general")
        posted = [
            await general.send(f"{unique} {word}", mentions=["alice"] if word in ("two", "five") else ())
            for word in ("one", "two", "three", "four", "five", "six")
        ]
        ids = [m.id for m in posted]
        for message in (posted[0], posted[1], posted[5]):
            await general.react(message, "👍")
        await general.react(posted[0], "🎉")
        async with acting("alice") as alice:
            mine = alice.channel("general")
            before = await waiting(alice, ids)
            read = {m.id: m async for m in mine.history(20) if m.id in ids}
            assert await waiting(alice, ids) == before
            if not read[ids[0]].reactions_known:
                assert '"reactions_known":false' in json_line(read[ids[0]])
                require("reactions", server.version, by, alice.server.version)
            assert sorted(counted(read[ids[0]])) == sorted([("👍", 1), ("🎉", 1)])
            assert "reactions_known" not in value(read[ids[0]])
            assert counted(read[ids[5]]) == [("👍", 1)]
            assert all(counted(read[i]) == [] for i in (ids[2], ids[3], ids[4]))
            received = ids if server.version < 20 else [i for i in ids if i not in before]  # † 20 has no way to ask
            assert {i for i in ids if read[i].reactions_known} == set(received)
            if ids[1] in received:
                assert counted(read[ids[1]]) == [("👍", 1)]
            for again in (await alice.fetch_message(ids[5]), await mine.fetch_message(ids[5])):
                assert counted(again) == [("👍", 1)]
            found = {m.id: m async for m in alice.search(unique)}
            assert {i: counted(m) for i, m in found.items()} == {i: counted(m) for i, m in read.items()}
            assert await waiting(alice, ids) == before


async def test_reading_again_keeps_reactions_that_arrived_live(server, person, acting, by, unique):
    """An API key of 18 and later cannot ask for reactions: those that it knows stay."""
    if server.version < 15:
        return  # there are none
    async with person("bob") as bob:
        message = await bob.channel("general").send(f"{unique} react!")
        await bob.channel("general").react(message, "👍")
        async with acting("alice", live=True) as alice:
            store = alice._connection.state
            (read,) = [m async for m in alice.channel("general").history(1, before=message.id + 1)]
            known = [("👍", 1)] if read.reactions_known else []
            assert counted(read) == known
            store.keep([read])
            live = alice.events()
            await alice.link.wait_open(10)
            if by == "session":
                await bob.channel("general").react(message, "🎉")
                async for event in live:
                    if type(event).__name__ == "ReactionChanged" and event.message_id == message.id:
                        break
            else:  # an API key receives no reactions live
                store.apply(ReactionChanged(message.id, "🎉", 1), 0.0)
                await bob.channel("general").react(message, "🎉")
            assert sorted(counted(store.message(message.id))) == sorted([*known, ("🎉", 1)])
            await alice.refresh()
            (read,) = [m async for m in alice.channel("general").history(1, before=message.id + 1)]
            assert sorted(counted(read)) == sorted([*known, ("🎉", 1)])
            store.keep([msgspec.structs.replace(read, reactions=(), reactions_known=False)])
            assert sorted(counted(store.message(message.id))) == sorted([*known, ("🎉", 1)])
