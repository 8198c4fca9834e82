"""Budget, seen ids, outbox and store."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoochat.core.budget import FrameBudget
from odoochat.core.outbox import Entry, Outbox, message_id
from odoochat.core.seen import Seen
from odoochat.core.state import ClientState
from odoochat.events import (
    ChannelChanged,
    ChannelJoined,
    ChannelLeft,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    MessageSeen,
    TypingChanged,
)
from odoochat.model import Author, ChannelInfo, ChannelRef, Me, Message
from odoochat.wire.versions.dialect import ChannelPatch, MessagePatch
from tests.facts import facts

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ME = Me(5, 6, "Alice", "alice")
BOB = Author(7, "partner", "Bob")


@given(st.lists(st.floats(0, 1.0), min_size=1, max_size=200))
def test_never_more_than_ten_frames_in_two_seconds(pauses):
    budget, now, sent = FrameBudget(), 0.0, []
    for pause in pauses:
        now += pause
        while wait := budget.wait(now):
            assert 0 < wait <= 2.2
            now += wait
        sent.append(now)
    for at in sent:
        assert sum(at - 2.0 < other <= at for other in sent) <= 6


@given(st.lists(st.integers(0, 50)))
def test_seen_tells_the_first_time(numbers):
    seen, known = Seen(1000), set()
    for number in numbers:
        assert seen.add(number) == (number not in known)
        known.add(number)


def test_seen_is_bounded_and_forgets_the_oldest():
    seen = Seen(3, [1, 2, 3, 4])
    assert list(seen) == [2, 3, 4]
    assert 1 not in seen
    seen.discard(3)
    assert len(seen) == 2


def entry(number: int, channel: int = 1) -> Entry:
    return Entry(f"{number:032x}", channel, f"<p>text {number}</p>", f"text {number}")


def mine(number: int, text: str) -> Message:
    return Message(number, ChannelRef(1), ME.author, text, f"<p>{text}</p>", NOW)


def test_the_outbox_keeps_order_and_survives():
    box = Outbox()
    for number in range(3):
        box.put(entry(number))
    first = box.first(1)
    assert first is not None
    box.sending(first.local_id)
    box.sending(entry(1).local_id)
    box.drop_later(entry(1).local_id)
    again = Outbox()
    again.restore(box.export())
    assert [(e.text, e.state, e.attempts) for e in again] == [
        ("text 0", "unclear", 1),
        ("text 2", "waiting", 0),
    ]
    with pytest.raises(ValueError):
        again.restore(b"{}")


def test_the_message_id_is_made_from_the_local_id():
    assert message_id("ab") == "<ab@odoochat>"


def test_my_own_message_is_recognised():
    box = Outbox()
    box.put(entry(1))
    assert box.recognise(mine(9, "text 1"), ME).local_id is None, "it was not sent yet"
    box.sending(entry(1).local_id)
    assert box.recognise(mine(9, "text 1"), ME).local_id == entry(1).local_id
    assert box.recognise(mine(9, "another"), ME).local_id is None


def posted(number: int, author: Author = BOB, kind: str = "comment") -> MessagePosted:
    return MessagePosted(Message(number, ChannelRef(1, "general"), author, "t", "<p>t</p>", NOW, kind=kind))


def store() -> ClientState:
    made = ClientState()
    made.me = ME
    made.renew([ChannelInfo(1, "general"), ChannelInfo(2, "Bob", "chat")])
    return made


def unread(made: ClientState) -> int:
    info = made.info(1)
    assert info is not None
    return info.unread


def test_unread_counts_others_comments_until_i_write_or_read():
    made = store()
    for number in (1, 2):
        made.apply(posted(number), 0.0)
    made.apply(posted(3, kind="notification"), 0.0)
    assert unread(made) == 2
    made.apply(MessageSeen(ChannelRef(1), BOB, 2), 0.0)
    assert unread(made) == 2, "Bob's mark is not mine"
    made.apply(MessageSeen(ChannelRef(1), ME.author, 1), 0.0)
    assert unread(made) == 1
    made.apply(posted(4, ME.author), 0.0)
    assert unread(made) == 0


def test_an_old_counter_does_not_hide_what_came_since():
    made = store()
    made.apply(posted(10), 0.0)
    made.patch_channel(ChannelPatch(1, unread=0, unread_from=10))
    assert unread(made) == 1
    made.patch_channel(ChannelPatch(1, unread=0, unread_from=11))
    assert unread(made) == 0


def test_typists_are_forgotten_when_they_stop_write_or_fall_silent():
    made = store()
    made.apply(TypingChanged(ChannelRef(1), BOB, True), 0.0)
    assert facts(made.typing(1, 59.0)) == facts([Author(7)])
    assert made.typing(1, 61.0) == []
    made.apply(TypingChanged(ChannelRef(1), BOB, True), 100.0)
    made.apply(posted(1), 101.0)
    assert made.typing(1, 101.0) == []
    made.apply(TypingChanged(ChannelRef(1), BOB, True), 110.0)
    made.apply(TypingChanged(ChannelRef(1), BOB, False), 111.0)
    assert made.typing(1, 111.0) == []


def test_patches_become_edits_and_removals_of_what_is_known():
    made = store()
    made.apply(posted(1), 0.0)
    edited = made.patched(MessagePatch(1, html="<p>new</p>"))
    assert isinstance(edited, MessageEdited)
    assert facts((edited.message.text, edited.message.author)) == facts(("new", BOB))
    removed = made.patched(MessagePatch(1, html='<span class="o-mail-Message-edited"></span>'))
    assert facts(removed) == facts(MessageDeleted(1, ChannelRef(1, "general")))
    assert made.patched(MessagePatch(99, html="<p>x</p>")) is None, "it must be fetched"
    made.apply(MessageDeleted(1), 0.0)
    assert made.was_deleted(1)
    assert made.message(1) is None


def test_channels_come_change_and_go():
    made = store()
    events = made.renew([ChannelInfo(1, "renamed"), ChannelInfo(3, "new")])
    assert {type(e) for e in events} == {ChannelLeft, ChannelChanged, ChannelJoined}
    assert made.channel(1).name == "renamed"
    assert made.channel(2).name == ""
    assert made.patch_channel(ChannelPatch(3, last_activity=NOW)) == []
    assert made.patch_channel(ChannelPatch(3, description="d")) != []


def test_only_the_newest_messages_are_kept():
    made = ClientState(recent=3)
    made.keep(posted(n).message for n in range(1, 6))
    assert [i for i in range(10) if made.message(i) is not None] == [3, 4, 5]


def test_a_display_name_is_no_plain_name_until_the_server_said_so():
    made = ClientState()
    assert made.author("partner", 7, "Acme, Bob", display=True).name == "Acme, Bob"
    assert made.plain_name(7, "Acme, Bob") is None, "it must be asked for"
    assert made.author("partner", 7, "Bob").name == "Bob"
    assert made.author("partner", 7, "Acme, Bob", display=True).name == "Bob"
    assert made.plain_name(7, "Acme, Bob") == "Bob"
    assert made.plain_name(7, "Acme, Robert") is None
    assert made.author("partner", 7, "Robert", display=True).name == "Robert"
    assert made.author("partner", 7).name == "Robert"
