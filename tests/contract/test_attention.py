"""Mentions, the inbox, read marks, presence and typing indicators."""

from __future__ import annotations

import pytest

from odoochat import (
    ChannelChanged,
    InboxRead,
    InboxReceived,
    MessagePosted,
    MessageSeen,
    PresenceChanged,
    TypingChanged,
    UsageError,
)
from tests.contract.features import covers, until


@covers("mention", "inbox", "mentions")
async def test_a_mention_enters_and_leaves_the_inbox(server, by, acting, person, unique):
    async with acting("alice") as alice, person("bob") as bob, acting("bob") as bobs_script:
        await bob.link.wait_open(10)
        await bobs_script.inbox.mark_all_read()
        await bob.refresh()
        received = bob.events()
        assert bob.inbox.counters.inbox == 0
        general = alice.channel("general")
        message = await general.send(f"{unique} hello @Bob, see #general", mentions=["bob", general])
        assert message.mentions == (bob.me.partner_id,)
        assert message.text == f"{unique} hello @Bob, see #general"
        assert f'data-oe-id="{bob.me.partner_id}"' in message.html
        assert 'class="o_channel_redirect"' in message.html
        event = await until(received, InboxReceived, where=lambda e: e.message.id == message.id)
        assert event.message.needaction
        assert event.message.mentions == (bob.me.partner_id,)
        assert event.message.text == message.text
        assert bob.inbox.counters.inbox == 1
        assert [m.id async for m in bobs_script.inbox.messages()] == [message.id]
        assert bob.channel("general").info.needaction == 1
        await bobs_script.refresh()
        assert bobs_script.channel("general").info.needaction == 1
        await bobs_script.inbox.mark_read(message)
        assert (await until(received, InboxRead)).message_ids == (message.id,)
        assert bob.inbox.counters.inbox == 0
        assert bob.channel("general").info.needaction == 0
        assert [m.id async for m in bobs_script.inbox.messages()] == []
        assert [m.id async for m in bobs_script.inbox.history(1)] == [message.id]
        assert [m.id async for m in bobs_script.inbox.mentions(1)] == [message.id]


@covers("mention_everyone")
async def test_everyone_is_mentioned(server, by, acting, person, unique):
    async with acting("alice") as alice, person("bob") as bob:
        await bob.link.wait_open(10)
        received = bob.events()
        message = await alice.channel("general").send(f"{unique} @everyone", mentions=["everyone"])
        assert (await until(received, InboxReceived, where=lambda e: e.message.id == message.id)).message.needaction
        await bob.inbox.mark_read(message)


@covers("unread", "mark_read")
async def test_unread_counters_are_those_of_the_web_client(server, by, acting, person, unique):
    async with acting("alice", live=True) as alice, person("bob", live=False) as bob:
        await alice.link.wait_open(10)
        theirs = await bob.create(unique, people=["alice"])
        await alice.refresh()
        mine = alice.channel(unique)
        received = alice.events(MessagePosted)
        await mine.mark_read()
        await alice.refresh()

        async def agree(count: int) -> None:
            assert mine.unread == count, "as received"
            await alice.refresh()
            assert mine.unread == count, "as the server counts"

        await agree(0)
        sent = []
        for index in range(3):
            sent.append(await theirs.send(f"{unique} {index}"))
            await until(received, MessagePosted, where=lambda e: e.message.id == sent[-1].id)
        await agree(3)
        await mine.mark_read(sent[1])
        await alice.refresh()
        await agree(1)
        own = await mine.send(f"{unique} mine reads all")
        await until(received, MessagePosted, where=lambda e: e.message.id == own.id)
        await agree(0)
        sent.append(await theirs.send(f"{unique} last"))
        await until(received, MessagePosted, where=lambda e: e.message.id == sent[-1].id)
        await agree(1)
        await mine.mark_read()
        await alice.refresh()
        await agree(0)


@covers("unread")
async def test_all_kinds_of_messages_but_notifications_are_unread(server, by, acting, person, unique):
    model = "discuss.channel" if server.version >= 17 else "mail.channel"
    async with acting("alice", live=True) as alice, person("bob", live=False) as bob:
        await alice.link.wait_open(10)
        theirs = await bob.create(unique, people=["alice"])
        await alice.refresh()
        mine = alice.channel(unique)
        received = alice.events(MessagePosted, channel=mine)
        await mine.mark_read()
        posts = [("email", "mail.mt_comment", 1), ("notification", "mail.mt_comment", 1)]
        if server.version > 14:  # there, notes are not messages of the channel
            posts.append(("comment", "mail.mt_note", 2))
        for kind, subtype, count in posts:
            await bob.execute(
                model, "message_post", [theirs.id], body=f"{unique} {kind}", message_type=kind, subtype_xmlid=subtype
            )
            await until(received, MessagePosted, where=lambda e, said=f"{unique} {kind}": e.message.text == said)
            assert mine.unread == count, f"{kind} as received"
            await alice.refresh()
            assert mine.unread == count, f"{kind} as the server counts"


@covers("mark_unread")
async def test_marked_unread_from_a_message_on(server, by, acting, person, unique):
    async with acting("alice") as alice, person("alice") as phone, person("bob", live=False) as bob:
        await phone.link.wait_open(10)
        sent = [await bob.channel("general").send(f"{unique} {n}") for n in range(3)]
        await alice.channel("general").mark_read(sent[-1])
        received = phone.events(ChannelChanged)
        await alice.channel("general").mark_unread(sent[1])
        assert alice.channel("general").unread == 2
        if by == "session" or server.version >= 19:
            event = await until(received, ChannelChanged, where=lambda e: e.channel.unread == 2)
            assert event.channel.name == "general"
        await alice.channel("general").mark_read()


@covers("seen")
async def test_who_has_read(server, by, acting, person, unique):
    async with acting("alice") as alice, person("bob") as bob:
        await bob.link.wait_open(10)
        chat = await alice.direct("bob")
        received = bob.events(MessageSeen)
        theirs = await bob.direct("alice")
        question = await theirs.send(f"{unique} read me")
        assert await theirs.members.seen_by(question) == []
        await chat.mark_read(question)
        assert [a.id for a in await theirs.members.seen_by(question)] == [alice.me.author.id]
        if by == "session":
            event = await until(received, MessageSeen, where=lambda e: e.author.id == alice.me.author.id)
            assert (event.channel.id, event.message_id) == (chat.id, question.id)


@covers("typing")
async def test_typing(server, by, acting, person):
    async with person("bob") as bob, acting("alice") as alice:
        await bob.link.wait_open(10)
        received = bob.events(TypingChanged)
        async with alice.channel("general").typing():
            event = await until(received, TypingChanged)
            assert (event.author.id, event.typing) == (alice.me.author.id, True)
            assert [a.id for a in bob.channel("general").typing.authors()] == [alice.me.author.id]
        assert (await until(received, TypingChanged)).typing is False
        assert bob.channel("general").typing.authors() == []


@covers("presence")
async def test_presence_is_seen(server, by, acting, person):
    async with acting("alice") as alice, person("bob", presence="online") as bob:
        await bob.link.wait_open(10)
        while (await alice.people.person("bob")).status != "online":
            await (
                bob._connection.presence.report()
            )  # a socket of an earlier test may have closed only now, which makes bob offline
        there = [m for m in await alice.channel("general").members() if m.author.id == bob.me.author.id]
        assert there[0].status == "online"


@covers("set_presence")
async def test_presence_is_set(server, by, acting, person):
    async with person("bob", live=False) as bob, acting("alice", live=True, presence="online") as alice:
        await alice.link.wait_open(10)
        if server.version >= 17:
            await alice.people.set_status("away")
            while (await bob.people.person("alice")).status != "away":
                await alice._connection.presence.report()
        else:
            with pytest.raises(UsageError, match="after 30 minutes"):
                await alice.people.set_status("away")
        await alice.people.set_status("online")
        if server.version >= 19:
            await alice.people.set_status("busy")
            assert "busy" in (await bob.people.person("alice")).status
            await alice.people.set_status("online")
        else:
            assert (await bob.people.person("alice")).status == "online"
            with pytest.raises(UsageError, match="need Odoo 19"):
                await alice.people.set_status("busy")


async def test_presence_is_received(server, person):
    async with person("alice") as alice:
        await alice.link.wait_open(10)
        received = alice.events(PresenceChanged)
        await alice.people.watch(["bob"])
        async with person("bob", presence="online") as bob:
            await bob.link.wait_open(10)
            while (await bob.people.person("bob")).status != "online":
                await bob._connection.presence.report()
            if server.version < 17:
                await alice._connection.presence.look()  # what it does every 50 s
            if alice.people.status(bob.me.author) != "online":
                await until(
                    received, PresenceChanged, where=lambda e: (e.author.id, e.status) == (bob.me.author.id, "online")
                )
        if server.version >= 17:
            await until(
                received, PresenceChanged, where=lambda e: (e.author.id, e.status) == (bob.me.author.id, "offline")
            )
