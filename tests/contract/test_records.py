"""The discussion of a business document: the same verbs, notes, followers, what is scheduled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from odoochat import InboxReceived, NotFound, UsageError
from odoochat.model import RecordRef
from tests.contract.features import covers, until


@covers("record", "follow")
async def test_a_records_discussion(server, by, acting, person, unique):
    async with acting("admin") as admin, person("bob") as bob:
        await bob.link.wait_open(10)
        await bob.inbox.mark_all_read()
        received = bob.events(InboxReceived)
        partner = (await bob.people.person("alice")).id
        thread = await admin.record("res.partner", partner)
        assert thread.name.endswith("Alice")
        theirs = await bob.record("res.partner", partner)
        await theirs.follow()
        assert bob.me.author.id in [a.id for a in await thread.followers()]
        message = await thread.send(f"{unique} about <her>", files=[("a.txt", b"a")])
        assert message.record == RecordRef("res.partner", partner, thread.name)
        assert (message.text, message.kind, message.author.id) == (
            f"{unique} about <her>",
            "comment",
            admin.me.author.id,
        )
        assert [a.name for a in message.attachments] == ["a.txt"]
        event = await until(received, InboxReceived, where=lambda e: e.message.id == message.id)
        assert event.message.text == message.text
        assert event.message.record is not None
        assert (event.message.record.model, event.message.record.id) == ("res.partner", partner)
        assert [m.id async for m in bob.inbox.messages(1)] == [message.id]
        note = await thread.note(f"{unique} a note")
        assert note.subtype == "Note" or server.version >= 19
        assert [m.id async for m in thread.history(2)] == [note.id, message.id]
        assert [m.id async for m in bob.inbox.messages(1)] == [message.id], "a note is not told"
        reply = await thread.reply(message, f"{unique} answer")
        assert reply.reply_to is not None
        assert [m.id async for m in thread.search(f"{unique} note")] == [note.id]
        assert bob.conversation(await bob.fetch_message(message.id)) == theirs
        await theirs.unfollow()
        assert bob.me.author.id not in [a.id for a in await thread.followers()]
        await bob.inbox.mark_all_read()


async def test_no_such_record(server, person):
    async with person("alice", live=False) as alice:
        with pytest.raises(NotFound):
            await alice.record("res.partner", 2**31 - 1)
        with pytest.raises(NotFound, match=r"no\.such\.model 1, or no such model"):
            await alice.record("no.such.model", 1)
        with pytest.raises(NotFound, match=r"^no model 'no\.such\.model' on this server$"):
            await alice.execute("no.such.model", "read", [1])


@covers("scheduled")
async def test_scheduled(server, by, acting, person, unique):
    async with acting("admin") as admin:
        thread = await admin.record("res.partner", admin.me.partner_id)
        at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
        number = await thread.schedule(f"{unique} later", at)
        (found,) = [s for s in await thread.scheduled() if s.id == number]
        assert (found.text, found.date, found.author.id) == (f"{unique} later", at, admin.me.author.id)
        await thread.unschedule(number)
        assert number not in [s.id for s in await thread.scheduled()]
        with pytest.raises(UsageError, match="in the past"):
            await thread.schedule("x", at - timedelta(days=2))
        with pytest.raises(UsageError, match="zone"):
            await thread.schedule("x", at.replace(tzinfo=None))
