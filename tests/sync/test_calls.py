"""The blocking client at work: each group once, between two users."""

from __future__ import annotations

import traceback
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import odoochat
from odoochat import MessagePosted, NotFound, ReactionChanged, TypingChanged, UsageError, sync
from tests.sync.conftest import SECONDS, SandboxThread


def test_messages(ann: sync.Client, bob: sync.Client, room: sync.Channel):
    posts, reactions = bob.events(MessagePosted), bob.events(ReactionChanged)
    sent = room.send("hi @bob", mentions=["bob", room])
    received = posts.get(timeout=SECONDS)
    assert isinstance(received, MessagePosted)
    assert received.message == sent
    assert received.message.text == "hi @Bob"
    answer = bob.reply(received.message, "hello")
    ann.react(answer, "👍")
    assert reactions.get(timeout=SECONDS)
    room.edit(sent, "changed")
    assert room.fetch_message(sent.id).text == "changed"
    assert [m.id for m in room.history(limit=2)] == [answer.id, sent.id]
    assert [m.text for m in room.search("hello")] == ["hello"]
    assert [m.text for m in ann.search("hello", limit=1)] == ["hello"]
    room.pin(answer)
    assert [m.id for m in room.pins()] == [answer.id]
    room.star(answer)
    assert answer in list(ann.inbox.starred())
    copy = room.forward(answer, ann.channel("general"))
    assert copy.channel.id == ann.channel("general").id
    room.delete(sent)
    assert isinstance(ann.conversation(copy), sync.Channel)
    assert ann.known_message(copy.id) == copy


def test_channels_and_members(ann: sync.Client, bob: sync.Client, room: sync.Channel):
    assert room in ann.channels()
    assert hash(room) == hash(ann.channel(room.id))
    assert room != ann.channel("general")
    assert {member.author.name for member in room.members()} == {"Ann", "Bob"}
    room.members.invite("carol")
    assert len(room.members()) == 3
    room.settings.rename("renamed")
    ann.refresh()
    assert room.name == "renamed"
    thread = room.threads.create("side")
    assert isinstance(thread, sync.Channel)
    assert [found.id for found in room.threads()] == [thread.id]
    with bob.events(TypingChanged, channel=room.id) as typing, room.typing():
        event = typing.get(timeout=SECONDS)
        assert isinstance(event, TypingChanged)
        assert event.typing
    assert ann.direct("bob").name == "Bob"
    assert ann.resolve("@bob").kind == "chat"
    assert {found.name for found in ann.browse("supp")} <= {"support"}


def test_polls():
    twenty = SandboxThread(20)
    try:
        with twenty.connect("ann") as ann:
            polls = ann.channel("general").polls
            assert polls.create("lunch?", ["pizza", "soup"])
            message = next(ann.channel("general").history(limit=1))
            poll = polls.fetch(message)
            polls.vote(poll, poll.options[0])
            assert [option.votes for option in polls.fetch(message).options] == [1, 0]
    finally:
        twenty.stop()


def test_people_files_and_the_server(ann: sync.Client, room: sync.Channel, tmp_path: Path):
    assert ann.people.person("bob").name == "Bob"
    assert ann.people.status(10**6) is None
    ticks: list[int] = []
    message = room.upload(("a.txt", b"abc"), "a file", progress=lambda p: ticks.append(p.done))
    assert ticks[-1] == 3
    assert ann.files.read(message.attachments[0]) == b"abc"
    assert ann.files.download(message.attachments[0], tmp_path).read_bytes() == b"abc"
    assert [file.name for file in room.files()] == ["a.txt"]
    assert ann.server.version.major == 19
    assert ann.server.can("pin")
    assert ann.link.wait_open(SECONDS).state == "open"
    assert ann.inbox.counters is not None
    assert list(ann.inbox.messages()) == []
    assert list(ann.outbox) == []
    assert len(ann.outbox) == 0
    assert ann.execute("res.users", "search_count", domain=[["login", "=", "ann"]]) == 1


def test_records(server: SandboxThread):
    with server.connect("admin") as admin:
        record = admin.record("res.partner", admin.me.partner_id)
        assert isinstance(record, sync.Conversation)
        assert record.note("to do").text == "to do"
        record.follow()
        assert admin.me.name in {author.name for author in record.followers()}
        record.schedule("later", datetime.now(UTC) + timedelta(days=1))
        assert [found.text for found in record.scheduled()] == ["later"]


def test_events_end_and_wait_for(ann: sync.Client, bob: sync.Client, room: sync.Channel):
    with bob.events(MessagePosted, channel=bob.channel(room.id)) as posts:
        room.send("one")
        room.send("two")
        read = []
        for event in posts:
            assert isinstance(event, MessagePosted)
            read.append(event.message.text)
            if len(read) == 2:
                break
    assert read == ["one", "two"]
    with pytest.raises(StopIteration):
        posts.get(timeout=SECONDS)
    assert list(posts) == []
    with pytest.raises(odoochat.TimedOut, match="no MessagePosted within 0.01 s"):
        bob.wait_for(MessagePosted, timeout=0.01)


def test_generators_close(ann: sync.Client):
    with closing(ann.channel("general").history()) as pages:
        assert next(pages).text
    assert list(pages) == []


def test_errors_keep_their_type_and_show_the_callers_line(ann: sync.Client):
    with pytest.raises(NotFound, match="no message 99999 in 'general'") as caught:
        ann.channel("general").fetch_message(99999)
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert frames[0].name == "test_errors_keep_their_type_and_show_the_callers_line"
    assert frames[-1].filename.endswith("conversation.py")
    assert [frame for frame in frames if "asyncio" in frame.filename or "concurrent" in frame.filename] == []
    assert len(frames) <= 7
    with pytest.raises(UsageError, match="limit must not be negative"):
        list(ann.channel("general").history(limit=-1))


def test_a_refused_login_shows_no_password(server: SandboxThread):
    with pytest.raises(odoochat.BadCredentials) as caught:
        sync.connect(server.box.url, db=server.box.db, login="ann", password="a wrong secret")
    trace = caught.value.__traceback__
    assert trace is not None
    for frame, _ in traceback.walk_tb(trace.tb_next):
        assert "a wrong secret" not in repr(frame.f_locals)


def test_a_function_that_returns_the_code_of_the_second_factor_may_block(server: SandboxThread):
    def code() -> str:
        with server.connect("bob", live=False):  # uses the loop, so it must not run in the loop's thread
            return str(server.run(lambda: server.box.world.state.accounts.totp_code("dave")))

    server.run(lambda: server.box.world.state.accounts.enable_totp("dave"))
    with server.connect("dave", live=False, totp=code) as odoo:
        assert odoo.credential == "password+totp"


def test_guests(server: SandboxThread, ann: sync.Client):
    link = ann.create("visitors", public=True).settings.invitation()
    with sync.connect_guest(link, name="Gwen") as guest:
        assert guest.channels()[0].send("hello").author.name == "Gwen"
