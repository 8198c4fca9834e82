"""My channels: the list, unread counts, direct chats, and those that come while we are connected."""

from __future__ import annotations

from odoochat import ChannelJoined, ChannelLeft, MessagePosted
from tests.contract.features import until


async def test_general_is_among_mine(server, person):
    async with person("alice", live=False) as alice:
        general = alice.channel("#general")
        assert (general.name, general.kind) == ("general", "channel")
        assert general == alice.channel(general.id) == alice.channel(str(general.id))
        assert general in alice.channels()


async def test_unread_is_counted_and_marked_read(server, person, unique):
    async with person("alice", live=False) as alice, person("bob", live=False) as bob:
        theirs = await bob.create(unique, people=["alice"])
        await alice.refresh()
        mine = alice.channel(unique)
        await mine.mark_read()
        await alice.refresh()
        assert mine.unread == 0
        for index in range(3):
            message = await theirs.send(f"{unique} {index}")
        await alice.refresh()
        assert mine.unread == 3
        await mine.mark_read(message)
        await alice.refresh()
        assert mine.unread == 0


async def test_unread_follows_live(server, person, unique):
    async with person("bob", live=False) as bob, person("alice") as alice:
        theirs = await bob.create(unique, people=["alice"])
        await alice.refresh()
        mine = alice.channel(unique)
        await mine.mark_read()
        await alice.refresh()
        received = alice.events(MessagePosted, channel=mine)
        for index in range(2):
            sent = await theirs.send(f"{unique} {index}")
            await until(received, MessagePosted, where=lambda e, number=sent.id: e.message.id == number)
        assert mine.unread == 2
        own = await mine.send(f"{unique} mine")
        await until(received, MessagePosted, where=lambda e: e.message.id == own.id)
        assert mine.unread == 0


async def test_a_direct_chat_is_one_and_the_same(server, person, unique):
    async with person("alice") as alice, person("bob") as bob:
        received = bob.events(MessagePosted)
        chat = await alice.direct("bob")
        assert (chat.kind, chat.name.endswith("Bob")) == ("chat", True)
        assert await alice.direct("@Bob") == chat
        message = await chat.send(f"{unique} just us")
        event = await received.get(10)
        assert (event.message.id, event.message.channel.id) == (message.id, chat.id)
        assert (await bob.direct("alice")).id == chat.id


async def test_the_first_message_of_a_channel_opened_with_me_is_received(server, via, person, unique):
    async with person("admin", live=False) as admin, person("alice", transport=via) as alice:
        await alice.link.wait_open(10)
        received = alice.events(MessagePosted, ChannelJoined, ChannelLeft)
        made = await admin.create(unique, people=["alice"])
        channel_id = made.id
        message = await made.send(f"{unique} welcome")
        joined = posted = None
        while posted is None:
            event = await received.get(20)
            if isinstance(event, ChannelJoined) and event.channel.id == channel_id:
                joined = event
            if isinstance(event, MessagePosted) and event.message.id == message.id:
                posted = event
        assert joined is not None, "the channel was not announced before its first message"
        assert posted.message.text == f"{unique} welcome"
        assert alice.channel(channel_id).name == unique
        await alice.channel(channel_id).leave()
        while not (isinstance(event, ChannelLeft) and event.channel.id == channel_id):
            event = await received.get(30)
        assert all(c.id != channel_id for c in alice.channels())
