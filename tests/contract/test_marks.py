"""What one does to single messages, by password and by API key, and what the others hear of it."""

from __future__ import annotations

import pytest

from odoochat import (
    AccessDenied,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    NotFound,
    PinChanged,
    ReactionChanged,
    StarChanged,
    UsageError,
)
from tests.contract.features import covers, until


@covers("history", "send", "live")
async def test_send_and_history(server, by, acting, person, unique):
    async with person("bob") as bob, acting("alice", live=True) as alice:
        await alice.link.wait_open(10)
        received = alice.events(MessagePosted)
        message = await alice.channel("general").send(f"{unique} here")
        assert (await until(received, MessagePosted, where=lambda e: e.message.id == message.id)).message == message
        theirs = await bob.channel("general").send(f"{unique} there")
        assert (
            await until(received, MessagePosted, where=lambda e: e.message.id == theirs.id)
        ).message.text == theirs.text
        assert [m.id async for m in alice.channel("general").history(2)] == [theirs.id, message.id]


@covers("reply")
async def test_reply(server, by, acting, person, unique):
    async with acting("alice", live=True) as alice, person("bob") as bob:
        await alice.link.wait_open(10)
        await bob.link.wait_open(10)
        received = bob.events(MessagePosted)
        question = await bob.channel("general").send(f"{unique} what?")
        answer = await alice.channel("general").reply(question.id, f"{unique} that")
        assert answer.reply_to == question.id
        event = await until(received, MessagePosted, where=lambda e: e.message.id == answer.id)
        assert event.message.reply_to == question.id
        with pytest.raises(NotFound, match="no message"):
            await alice.channel("general").reply(2**31 - 1, "to nothing")
        elsewhere = await (await alice.direct("bob")).send(f"{unique} elsewhere")
        with pytest.raises(UsageError, match="belongs to"):
            await alice.channel("general").send("to another place's", reply_to=elsewhere)


@covers("edit")
async def test_edit(server, by, acting, person, unique):
    async with acting("alice") as alice, person("bob") as bob:
        await bob.link.wait_open(10)
        received = bob.events()
        general = alice.channel("general")
        message = await general.send(f"{unique} first", files=[("a.txt", b"a")])
        await until(received, MessagePosted, where=lambda e: e.message.id == message.id)
        own = alice.events()
        await general.edit(message, f"{unique} <second>\nline")
        if by == "key" or server.version < 15:
            event = await until(own, MessageEdited, where=lambda e: e.message.id == message.id)
            assert event.message.text == f"{unique} <second>\nline", "nobody is told, but I know at once"
        now = await alice.fetch_message(message.id)
        assert now.text == f"{unique} <second>\nline"
        if by == "session":
            assert [a.name for a in now.attachments] == ["a.txt"], "an edit keeps the files"
        if by == "session" and server.version >= 15:
            event = await until(received, MessageEdited, where=lambda e: e.message.id == message.id)
            assert event.message.text == now.text
        theirs = await bob.channel("general").send(f"{unique} mine")
        with pytest.raises((NotFound, AccessDenied)):
            await general.edit(theirs.id, "not mine")
        with pytest.raises((NotFound, AccessDenied)):
            await general.delete(theirs.id)
        assert (await bob.fetch_message(theirs.id)).text == f"{unique} mine"
        with pytest.raises(UsageError, match="empty"):
            await general.edit(message, " ")


@covers("delete")
async def test_delete(server, by, acting, person, unique):
    async with acting("alice") as alice, person("bob") as bob:
        await bob.link.wait_open(10)
        received = bob.events(MessageDeleted, MessagePosted)
        message = await alice.channel("general").send(f"{unique} gone soon", files=[("gone.txt", b"x")])
        await until(received, MessagePosted, where=lambda e: e.message.id == message.id)
        own = alice.events(MessageDeleted)
        await alice.channel("general").delete(message)
        if by == "key" or server.version < 15:
            await until(own, MessageDeleted, where=lambda e: e.id == message.id)
        if by == "session" and server.version >= 15:
            await until(received, MessageDeleted, where=lambda e: e.id == message.id)
        rest = await alice.execute("mail.message", "search_read", domain=[["id", "=", message.id]], fields=["body"])
        assert unique not in rest[0]["body"]
        with pytest.raises(NotFound):
            await bob.files.read(message.attachments[0])


@covers("react")
async def test_react(server, by, acting, person, unique):
    async with acting("alice") as alice, person("bob") as bob:
        await bob.link.wait_open(10)
        received = bob.events(ReactionChanged)
        message = await bob.channel("general").send(f"{unique} react!")
        await alice.channel("general").react(message, "👍")
        event = await until(received, ReactionChanged, where=lambda e: e.message_id == message.id)
        assert (event.content, event.count) == ("👍", 1)
        if server.version >= 16:
            assert [a.id for a in event.authors] == [alice.me.partner_id]
        await bob.channel("general").react(message, "👍")
        event = await until(received, ReactionChanged, where=lambda e: e.message_id == message.id)
        assert (event.content, event.count) == ("👍", 2)
        await alice.channel("general").unreact(message, "👍")
        event = await until(received, ReactionChanged, where=lambda e: e.message_id == message.id)
        assert event.count == 1
        await bob.channel("general").unreact(message, "👍")
        event = await until(received, ReactionChanged, where=lambda e: e.message_id == message.id)
        assert event.count == 0


@covers("star")
async def test_star(server, by, acting, person, unique):
    async with acting("alice") as alice, person("alice") as phone, person("bob", live=False) as bob:
        await phone.link.wait_open(10)
        received = phone.events(StarChanged)
        message = await bob.channel("general").send(f"{unique} star")
        general = alice.channel("general")
        before = phone.inbox.counters.starred
        await general.star(message)
        assert (await until(received, StarChanged, where=lambda e: message.id in e.message_ids)).starred
        assert phone.inbox.counters.starred == before + 1
        assert (await alice.fetch_message(message.id)).starred
        assert [m.id async for m in alice.inbox.starred(1)] == [message.id]
        await general.star(message)  # it is so already: a toggle would take it off
        assert (await alice.fetch_message(message.id)).starred
        await general.unstar(message)
        assert not (await until(received, StarChanged)).starred
        assert phone.inbox.counters.starred == before


@covers("pin")
async def test_pin(server, by, acting, person, unique):
    async with acting("alice") as alice, person("bob") as bob:
        await bob.link.wait_open(10)
        received = bob.events(PinChanged)
        general = alice.channel("general")
        message = await general.send(f"{unique} pin")
        await general.pin(message)
        event = await until(received, PinChanged, where=lambda e: e.message_id == message.id)
        assert event.pinned is not None
        assert (await general.pins())[0].id == message.id
        await general.unpin(message)
        event = await until(received, PinChanged, where=lambda e: e.message_id == message.id)
        assert event.pinned is None
        with pytest.raises(NotFound, match="no message"):
            await general.pin(2**31 - 1)
        assert message.id not in [m.id for m in await general.pins()]


@covers("forward")
async def test_forward(server, by, acting, unique):
    async with acting("alice") as alice:
        message = await alice.channel("general").send(f"{unique} <b>original</b>", files=[("f.txt", b"content")])
        chat = await alice.direct("bob")
        forwarded = await alice.channel("general").forward(message, chat, f"{unique} look")
        assert forwarded.channel.id == chat.id
        assert f"{unique} look" in forwarded.text
        assert f"{unique} <b>original</b>" in forwarded.text
        assert "Alice" in forwarded.text
        (copy,) = forwarded.attachments
        assert copy.id != message.attachments[0].id
        assert await alice.files.read(copy) == b"content"


@covers("markup")
async def test_markup(server, by, acting, unique):
    async with acting("alice") as alice:
        said = f"{unique}\n\n- one\n- two **bold**\n\n1. first\n\n> quote\n\n`code` [link](https://odoo.com) 😀"
        message = await alice.channel("general").send(said, markup="markdown")
        lines = [line.strip() for line in message.text.split("\n") if line.strip()]
        assert lines[0] == unique
        assert any("one" in line for line in lines)
        assert "<li>" in message.html
        assert "<strong>bold</strong>" in message.html
        assert "<blockquote" in message.html
        assert "<code>code</code>" in message.html
        assert 'href="https://odoo.com"' in message.html
        assert "😀" in message.text


@covers("link")
async def test_link(server, by, acting, person, unique):
    async with acting("alice") as alice, person("alice", live=False) as browser:
        message = await alice.channel("general").send(f"{unique} link")
        link = alice.server.link_to(message)
        assert link.startswith(server.url)
        assert str(message.id) in link
        if server.box is None:
            from odoochat.net.answer import Redirected

            with pytest.raises(Redirected) as sent:
                await browser._connection.session.http.get(link.removeprefix(alice.server.url), follow=False)
            assert "login" not in str(sent.value.location), "the server knows the address"


@covers("search")
async def test_search(server, by, acting, person, unique):
    async with acting("alice") as alice, person("bob", live=False) as bob:
        general = alice.channel("general")
        first = await general.send(f"{unique}x Apples & 100% pears")
        second = await (await bob.direct("alice")).send(f"{unique}x pears_only")
        assert [m.id async for m in general.search(f"apples {unique}X")] == [first.id]
        assert [m.id async for m in general.search(f"{unique}x & 100%")] == [first.id]
        assert [m.id async for m in alice.search(f"{unique}x pears")] == [second.id, first.id]
        assert [m.id async for m in alice.search(f"{unique}x pears", 1)] == [second.id]
        assert [m async for m in general.search(f"{unique}xspan")] == []
        assert [m async for m in general.search(f"span {unique}x")] == [], "words of tags are not found"
        with pytest.raises(UsageError, match="search text is empty"):
            [m async for m in general.search("  ")]


@covers("canned")
async def test_canned(server, by, acting, person, unique):
    async with acting("alice") as alice, person("admin", live=False) as admin:
        model = "mail.canned.response" if server.version >= 18 else "mail.shortcode"
        values = {"source": unique, "substitution": f"{unique} for you\nline"}
        if server.version >= 18:
            mine = await alice.execute(model, "create", vals_list=[values])
        else:
            mine = await admin.execute(model, "create", vals_list=[values])
        found = [c for c in await alice.server.canned_responses() if c.shortcut == unique]
        assert [c.text for c in found] == [f"{unique} for you\nline"]
        await (alice if server.version >= 18 else admin).execute(
            model, "unlink", mine if isinstance(mine, list) else [mine]
        )
