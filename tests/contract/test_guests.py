"""Guests: in by an invitation link, without an account."""

from __future__ import annotations

import pytest

import odoochat
from odoochat import (
    ApiKeyOnly,
    Author,
    ConfigError,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    NotFound,
    ReactionChanged,
    TypingChanged,
)
from tests.contract.browser import Browser
from tests.contract.features import covers_guest, until


async def invited(alice, unique: str) -> tuple[odoochat.Channel, str]:
    made = await alice.create(unique, public=True)
    return made, f"{alice.server.url}/chat/{made.id}/{await made.settings._uuid()}"


@covers_guest("send", "history", "live", "reply", "typing", "react", "reactions", "mark_read", "edit", "delete")
async def test_a_guest_reads_and_writes(server, person, unique):
    async with person("alice") as alice:
        await alice.link.wait_open(10)
        channel, link = await invited(alice, unique)
        before = await channel.send(f"{unique} before")
        received = alice.events()
        async with odoochat.connect_guest(link, name="Gwen") as guest:
            await guest.link.wait_open(10)
            assert guest.credential == "invitation"
            assert (guest.me.author.kind, guest.me.author.name) == ("guest", "Gwen")
            (mine,) = guest.channels()
            assert (mine.id, mine.name) == (channel.id, unique)
            assert before.id in [m.id async for m in mine.history()]
            sent = await mine.send(f"{unique} from a <guest>")
            event = await until(received, MessagePosted, where=lambda e: e.message.id == sent.id)
            assert event.message.text == sent.text == f"{unique} from a <guest>"
            assert event.message.author == Author(guest.me.guest_id, "guest", "Gwen")
            theirs = guest.events()
            answer = await channel.send(f"{unique} welcome", reply_to=sent)
            event = await until(theirs, MessagePosted, where=lambda e: e.message.id == answer.id)
            assert (event.message.text, event.message.author.id) == (f"{unique} welcome", alice.me.author.id)
            reply = await mine.reply(answer.id, f"{unique} thanks")
            event = await until(received, MessagePosted, where=lambda e: e.message.id == reply.id)
            assert event.message.reply_to is not None
            async with mine.typing():
                typing = await until(received, TypingChanged, where=lambda e: e.typing)
                assert typing.author.kind == "guest"
            await mine.react(answer, "👍")
            change = await until(received, ReactionChanged, where=lambda e: e.message_id == answer.id)
            assert (change.content, change.count) == ("👍", 1)
            (again,) = [m async for m in mine.history() if m.id == answer.id]
            assert [(r.content, r.count) for r in again.reactions] == [("👍", 1)]
            await mine.mark_read()
            await mine.edit(reply, f"{unique} thank you")
            edited = await until(received, MessageEdited, where=lambda e: e.message.id == reply.id)
            assert edited.message.text == f"{unique} thank you"
            await mine.delete(reply)
            await until(received, MessageDeleted, where=lambda e: e.id == reply.id)
            assert [m.text async for m in mine.history(1, before=answer.id)] == [f"{unique} from a <guest>"]
            with pytest.raises(ApiKeyOnly, match="guests"):
                await guest.create("no")
            with pytest.raises(ApiKeyOnly, match="guests"):
                await mine.star(answer)


async def test_what_a_guest_missed_in_a_long_conversation_comes(server, person, unique):
    if server.box is None or server.version < 16:
        return  # the line is cut by the sandbox
    async with person("alice", live=False) as alice:
        channel, link = await invited(alice, unique)
        world, number = server.box.world, channel.id
        for index in range(210):
            world.post("alice", number, f"{unique} {index}")
        async with odoochat.connect_guest(link, name="Gwen") as guest:
            await guest.link.wait_open(10)
            received = guest.events(MessagePosted)
            server.box.faults.drop(1006)
            missed = world.post("alice", number, f"{unique} while away")
            assert (await until(received, MessagePosted)).message.id == missed
            later = world.post("alice", number, f"{unique} afterwards")
            assert (await until(received, MessagePosted)).message.id == later


@covers_guest("upload")
async def test_a_guest_sends_a_file(server, person, unique):
    async with person("alice") as alice:
        channel, link = await invited(alice, unique)
        if server.version in (17, 18):  # these take a guest's file only where the channel allows it
            async with Browser(server, "alice") as browser:
                await browser.on_channel(channel.id, "write", vals={"allow_public_upload": True})
        async with odoochat.connect_guest(link, name="Gwen", live=False) as guest:
            message = await guest.channel(channel.id).send(unique, files=[("g.txt", b"from a guest")])
        assert [a.name for a in message.attachments] == ["g.txt"]
        theirs = await alice.fetch_message(message.id)
        assert await alice.files.read(theirs.attachments[0]) == b"from a guest"


async def test_an_invitation_that_does_not_hold(server, person, unique):
    if server.version < 16:
        return
    async with person("alice", live=False) as alice:
        made = await alice.create(unique)
        link = await made.settings.invitation()
        with pytest.raises(NotFound, match="invitation"):
            await odoochat.connect_guest(link, live=False)  # employees alone
        with pytest.raises(NotFound, match="invitation"):
            await odoochat.connect_guest(f"{alice.server.url}/chat/{made.id}/nonsense", live=False)
    with pytest.raises(ConfigError, match="not an invitation link"):
        odoochat.connect_guest("https://odoo.example.com/web")
