"""Conversations: made, joined, left, changed, silenced, hidden; and who is in them."""

from __future__ import annotations

import pytest

from odoochat import (
    AccessDenied,
    ChannelChanged,
    ChannelJoined,
    ChannelLeft,
    MemberJoined,
    MemberLeft,
    MessagePosted,
    NotFound,
    UsageError,
)
from odoochat.model import FOREVER
from tests.contract.features import covers, until


@covers("create", "rename", "describe", "invite", "members", "leave")
async def test_the_life_of_a_channel(server, by, acting, person, unique):
    async with acting("alice") as alice, person("bob") as bob:
        await bob.link.wait_open(10)
        received = bob.events()
        made = await alice.create(unique, people=["bob"], description="what for")
        assert (made.name, made.kind, made.info.description) == (unique, "channel", "what for")
        if server.version >= 20 and by == "key":
            await bob.refresh()  # † a member record that is written is told to nobody
        joined = await until(received, ChannelJoined, where=lambda e: e.channel.id == made.id)
        assert joined.channel.name == unique
        assert {m.author.id for m in await made.members()} == {alice.me.author.id, bob.me.author.id}
        theirs = bob.channel(unique)
        await made.settings.rename(f"{unique} renamed")
        await until(received, ChannelChanged, where=lambda e: e.channel.name == f"{unique} renamed") if (
            server.version >= 15
        ) else await bob.refresh()
        assert theirs.name == f"{unique} renamed"
        await made.settings.describe("something else")
        await bob.refresh()
        assert theirs.info.description == "something else"
        message = await made.send(f"{unique} first")
        await until(received, MessagePosted, where=lambda e: e.message.id == message.id)
        await theirs.leave()
        await until(received, ChannelLeft, where=lambda e: e.channel.id == made.id)
        assert [m.author.id for m in await made.members()] == [alice.me.author.id]
        with pytest.raises(NotFound):
            bob.channel(made.id)
        with pytest.raises(NotFound, match="no user"):
            await alice.create(f"{unique} 2", people=[f"nobody-{unique}"])
        assert all(i.name != f"{unique} 2" for i in await alice.browse(unique)), "nothing was made"


@covers("browse", "join")
async def test_a_channel_is_found_and_joined(server, by, acting, person, unique):
    async with acting("alice") as alice, person("bob") as bob:
        await bob.link.wait_open(10)
        made = await bob.create(unique)
        received = bob.events()
        (found,) = await alice.browse(unique)
        assert (found.id, found.name) == (made.id, unique)
        joined = await alice.join(f"#{unique}")
        assert joined.id == made.id
        assert alice.channel(unique) == joined
        assert await alice.browse(unique) == []
        if server.version >= 16:
            event = await until(received, MemberJoined, where=lambda e: e.channel.id == made.id)
            assert event.author.id == alice.me.author.id
        message = await joined.send(f"{unique} hi")
        assert message.channel.name == unique
        await joined.leave()
        if server.version >= 16:
            left = await until(received, MemberLeft, where=lambda e: e.channel.id == made.id)
            assert left.author.id == alice.me.author.id
        with pytest.raises(NotFound, match="no channel"):
            await alice.join(f"nowhere-{unique}")


@covers("remove")
async def test_a_member_is_removed(server, by, acting, person, unique):
    async with acting("admin") as admin, acting("alice") as alice:
        made = await admin.create(unique, people=["bob", "alice"])
        await alice.refresh()
        if 17 <= server.version < 20:  # 15 and 16 let an ordinary member do it (seen live)
            with pytest.raises(AccessDenied):
                await alice.channel(unique).members.remove("bob")
        await made.members.remove("bob")
        assert {m.author.id for m in await made.members()} == {admin.me.author.id, alice.me.author.id}
        with pytest.raises(NotFound, match="not a member"):
            await made.members.remove("bob")


@covers("group")
async def test_a_group(server, by, acting, person, unique):
    async with acting("alice") as alice, person("bob") as bob:
        await bob.link.wait_open(10)
        received = bob.events()
        made = await alice.create_group(["bob", "admin"], unique)
        assert made.kind == "group"
        ids = {m.author.id for m in await made.members()}
        assert len(ids) == 3
        assert {alice.me.author.id, bob.me.author.id} < ids
        message = await made.send(f"{unique} all of us")
        await until(received, MessagePosted, where=lambda e: e.message.id == message.id)
        assert bob.channel(made.id).name == unique
        async with person("admin", live=False) as admin:
            assert admin.channel(made.id).kind == "group"


@covers("direct")
async def test_what_has_no_name_lists_its_members_when_one_connects(server, by, acting, person, unique):
    async with acting("alice") as alice, acting("bob") as bob, person("admin", live=False) as admin:
        people = [bob.me.author, admin.me.author]
        chat = await alice.direct("bob")
        group = await alice.create_group(["bob", "admin"]) if server.version > 14 else None
        channel = await alice.create(unique, people=["bob"])
        try:
            async with acting("alice") as again:
                mine = alice.me.author.id
                assert set(again.channel(chat.id).info.partners) == {mine, people[0].id}
                assert again.channel(channel.id).info.partners == ()
                assert {c.id for c in again.channels()} == {c.id for c in alice.channels()}
                if group:
                    assert set(again.channel(group.id).info.partners) == {mine, *(one.id for one in people)}
                    assert set(again.channel(group.id).name.split(", ")) == {one.name for one in people}
        finally:
            for left in (channel, group):
                if left:
                    await left.leave()


@covers("direct")
async def test_direct_chats_are_never_two(server, by, acting, person):
    async with acting("alice") as alice, acting("alice") as again:
        first = await alice.direct("bob")
        assert (first.kind, first.name.endswith("Bob")) == ("chat", True)
        assert (await again.direct("@Bob")).id == first.id
        async with person("bob", live=False) as bob:
            assert (await bob.direct("alice")).id == first.id
        with pytest.raises(UsageError, match="cannot be left"):
            await first.leave()
        with pytest.raises(NotFound, match="did you mean @bob"):
            await alice.direct("bo")  # a part of a name is nobody's


@covers("hide")
async def test_hidden_and_shown_again(server, by, acting, person):
    async with acting("alice") as alice:
        chat = await alice.direct("bob")
        await chat.settings.show()
        assert chat.info.pinned
        await chat.settings.hide()
        assert not alice.channel(chat.id).info.pinned
        await chat.settings.show()
        assert alice.channel(chat.id).info.pinned


async def test_a_message_shows_a_hidden_chat_again(server, person, unique):
    async with person("alice") as alice, person("bob") as bob:
        await alice.link.wait_open(10)
        chat = await alice.direct("bob")
        await chat.settings.hide()
        received = alice.events(MessagePosted)
        message = await (await bob.direct("alice")).send(unique)
        await until(received, MessagePosted, where=lambda e: e.message.id == message.id)
        await alice.channel(chat.id).mark_read()
        assert alice.channel(chat.id).info.pinned, "also after it has been read"


@covers("mute", "notify")
async def test_silenced(server, by, acting, person, unique):
    async with acting("alice") as alice, person("alice") as phone:
        await phone.link.wait_open(10)
        received = phone.events(ChannelChanged)
        made = await alice.create(unique)
        await made.settings.mute()
        assert made.info.muted == FOREVER
        if by == "session" or server.version >= 19:
            await phone.refresh()
        await made.settings.mute(30)
        assert made.info.muted is not None
        assert made.info.muted != FOREVER
        await made.settings.unmute()
        assert made.info.muted is None
        await made.settings.notify("nothing")
        assert made.info.notify == "no_notif"
        await made.settings.notify("mentions")
        assert made.info.notify == "mentions"
        await made.settings.notify("default")
        assert made.info.notify is None
        with pytest.raises(UsageError, match="accepts 'all'"):
            await made.settings.notify("loud")
        del received


@covers("thread")
async def test_threads(server, by, acting, person, unique):
    async with acting("alice") as alice, person("bob") as bob:
        await bob.link.wait_open(10)
        made = await bob.create(unique, people=["alice"])
        await alice.refresh()
        mine = alice.channel(unique)
        message = await mine.send(f"{unique} let us talk about this")
        thread = await mine.threads.create(f"{unique} thread", message)
        assert (thread.name, thread.info.parent) == (f"{unique} thread", made.id)
        assert [t.id for t in await mine.threads()] == [thread.id]
        inside = await thread.send(f"{unique} inside")
        assert [m.id async for m in thread.history(1)] == [inside.id]
        assert inside.id not in [m.id async for m in mine.history(5)]
        await thread.members.invite("bob")
        await bob.refresh()
        assert bob.channel(thread.id).info.parent == made.id
        named = await mine.threads.create(message=await mine.send(f"{unique} named by its text"))
        assert named.name.startswith(unique)


@covers("replies")
async def test_replies_of_threads_are_counted(server, by, acting, person, unique):
    async with acting("alice") as alice, person("bob") as bob:
        made = await bob.create(unique, people=["alice"])
        await alice.refresh()
        mine = alice.channel(unique)
        assert await mine.threads.counts() == {}
        # Bob's own thread, which Alice is no member of.
        thread = await made.threads.create(message=await made.send(f"{unique} let us talk about this"))
        assert await mine.threads.counts() == {thread.id: 0}
        for number in range(3):
            await thread.send(f"{unique} reply {number}")
        await thread.settings.rename(f"{unique} renamed")
        assert await mine.threads.counts() == {thread.id: 3}


@covers("invitation")
async def test_the_invitation_link(server, by, acting, unique):
    async with acting("alice") as alice:
        made = await alice.create(unique, public=True)
        link = await made.settings.invitation()
        assert link.startswith(f"{server.url}/chat/{made.id}/")
        assert len(link.rpartition("/")[2]) >= 8
