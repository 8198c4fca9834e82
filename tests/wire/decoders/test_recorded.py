"""What real servers sent, read by their dialects."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from odoochat.core.state import ClientState
from odoochat.events import (
    AttachmentRemoved,
    InboxRead,
    InboxReceived,
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    MessagePosted,
    MessageSeen,
    NoticeReceived,
    PinChanged,
    PresenceChanged,
    ReactionChanged,
    StarChanged,
    TypingChanged,
)
from odoochat.model import Attachment, Author, ChannelInfo, ChannelRef, Message, Version
from odoochat.wire.envelopes.frames import Notification, from_rows
from odoochat.wire.updates import ChannelPatch, CountersPatch, MessagePatch, Refresh, Update
from odoochat.wire.versions.registry import dialect_for
from tests.facts import facts

HERE = Path(__file__).parent.parent / "recorded"
RECORDED: dict[int, dict[str, Any]] = {
    major: json.loads((HERE / f"odoo{major}.json").read_text("utf-8")) for major in (14, 19)
}
ALICE = {14: Author(7, "partner", "Alice"), 19: Author(6, "partner", "Alice")}
BOB = {14: Author(8, "partner", "Bob"), 19: Author(7, "partner", "Bob")}


def names() -> ClientState:
    store = ClientState()
    store.renew([ChannelInfo(1, "general"), ChannelInfo(2, "Bob", "chat"), ChannelInfo(6, "Bob", "chat")])
    return store


def decoded(major: int, name: str, store: ClientState | None = None) -> list[Update]:
    (item,) = from_rows([RECORDED[major][name]])
    assert isinstance(item, Notification)
    return dialect_for(Version(major)).decoder.decode(item, store or names())


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def posted(major: int, name: str) -> Message:
    (event,) = decoded(major, name)
    assert isinstance(event, MessagePosted)
    return event.message


GENERAL = ChannelRef(1, "general")


# ------------------------------------------------------------------------------ 19


def test_19_a_message() -> None:
    assert posted(19, "new_message") == Message(
        id=66,
        channel=GENERAL,
        author=BOB[19],
        text="Hello from XML-RPC",
        html="<span>Hello from XML-RPC</span>",
        date=at("2026-11-22 19:04:36"),
        written=at("2026-11-22 19:04:35"),
    )


def test_19_a_reply_is_the_new_message_and_not_its_parent() -> None:
    rows = RECORDED[19]["reply"]["message"]["payload"]["data"]["mail.message"]
    assert len(rows) == 2
    answer = posted(19, "reply")
    assert facts((answer.text, answer.reply_to, answer.author)) == facts(("an answer", rows[1]["id"], BOB[19]))
    rows.reverse()
    try:
        assert posted(19, "reply") == answer
    finally:
        rows.reverse()


def test_19_kinds_of_messages() -> None:
    assert posted(19, "note_by_defaults").kind == "notification"
    assert posted(19, "pin_line").kind == "notification"
    assert posted(19, "pin_line").text.startswith("Bob pinned a message")
    assert facts(posted(19, "chat_message").channel) == facts(ChannelRef(6, "Bob"))
    # Another client's number does not belong to this client.
    assert posted(19, "with_temporary_id").local_id is None


def test_19_files() -> None:
    assert facts(posted(19, "with_file").attachments) == facts((Attachment(30, "hello.txt", "text/plain", 10),))


def test_typing_in_19_changes_no_read_mark() -> None:
    assert RECORDED[19]["typing"]["message"]["payload"]["discuss.channel.member"][0]["seen_message_id"]
    assert facts(decoded(19, "typing")) == facts([TypingChanged(GENERAL, BOB[19], True)])
    assert facts(decoded(19, "typing_stopped")) == facts([TypingChanged(GENERAL, BOB[19], False)])


def test_19_seen() -> None:
    assert facts(decoded(19, "seen")) == facts([MessageSeen(GENERAL, ALICE[19], 73)])
    assert facts(decoded(19, "chat_seen")) == facts([MessageSeen(ChannelRef(6, "Bob"), ALICE[19], 78)])


def test_19_unread() -> None:
    assert decoded(19, "unread_none") == [ChannelPatch(1, unread=0, unread_from=74)]
    assert decoded(19, "unread_one") == [ChannelPatch(1, unread=1, unread_from=73)]
    assert decoded(19, "separator") == []


def test_19_edits() -> None:
    (edit,) = decoded(19, "edited")
    assert isinstance(edit, MessagePatch)
    assert (edit.id, edit.written, edit.attachments) == (72, at("2026-11-22 19:06:11"), ())
    store = names()
    store.keep([Message(72, GENERAL, BOB[19], "before", "before", at("2026-11-22 19:00:00"))])
    change = store.patched(edit)
    assert change is not None
    assert not isinstance(change, MessageDeleted)
    assert change.message.text == "edited text"


def test_19_an_emptied_message_is_deleted() -> None:
    (edit,) = decoded(19, "emptied")
    assert isinstance(edit, MessagePatch)
    store = names()
    store.keep([Message(73, GENERAL, BOB[19], "before", "before", at("2026-11-22 19:00:00"))])
    assert facts(store.patched(edit)) == facts(MessageDeleted(73, GENERAL))
    assert facts(names().patched(edit)) == facts(MessageDeleted(73))


def test_19_a_removed_row_is_deleted() -> None:
    assert facts(decoded(19, "row_deleted")) == facts([MessageDeleted(116)])


def test_19_reactions() -> None:
    assert facts(decoded(19, "reaction")) == facts([ReactionChanged(72, "👍", 1, (ALICE[19],))])
    assert decoded(19, "reaction_removed") == [ReactionChanged(72, "👍", 0)]


@pytest.mark.parametrize(("name", "status"), [("online", "online"), ("away", "away"), ("busy_or_offline", "offline")])
def test_19_presence(name: str, status: str) -> None:
    store = names()
    store.author("partner", 7, "Bob")
    assert facts(decoded(19, name, store)) == facts([PresenceChanged(BOB[19], status)])


@pytest.mark.parametrize(
    ("name", "channel"),
    [
        ("joined", 7),
        ("joined_by_invite", 7),
        ("chat_made", 6),
        ("channel_made", 7),
        ("left", 7),
        ("chat_closed", 6),
        ("deleted_channel", 7),
    ],
)
def test_19_my_channels_change(name: str, channel: int) -> None:
    assert Refresh(channel) in decoded(19, name)


def test_19_facts_of_channels() -> None:
    assert decoded(19, "renamed") == [ChannelPatch(7, name="probe-renamed")]
    assert decoded(19, "described") == [ChannelPatch(7, description="descr")]
    assert decoded(19, "last_interest") == [ChannelPatch(1, last_activity=at("2026-11-22 19:04:36"))]


def test_19_others_come_and_go() -> None:
    store = names()
    there = ChannelRef(7)
    assert facts(decoded(19, "members", store)) == facts(
        [ChannelPatch(7, member_count=2), MemberJoined(there, ALICE[19])]
    )
    store.member(11, ALICE[19])  # who was met before
    gone = decoded(19, "member_gone", store)
    assert facts([e for e in gone if isinstance(e, MemberLeft)]) == facts([MemberLeft(there, ALICE[19])])
    assert [type(e) for e in decoded(19, "unpin_chat")] == [ChannelPatch]


def test_19_the_inbox() -> None:
    (event,) = decoded(19, "inbox")
    assert isinstance(event, InboxReceived)
    assert (event.message.id, event.message.needaction, event.message.mentions) == (75, True, (6,))
    assert decoded(19, "mark_as_read") == [InboxRead((75,)), CountersPatch(inbox=0)]
    assert decoded(19, "star") == [StarChanged((75,), True)]
    assert facts(decoded(19, "file_removed")) == facts([AttachmentRemoved(33)])
    assert decoded(19, "fetched") == []


def test_19_pins() -> None:
    (pinned,) = decoded(19, "pinned")
    (unpinned,) = decoded(19, "unpinned")
    assert isinstance(pinned, PinChanged)
    assert pinned.pinned is not None
    assert isinstance(unpinned, PinChanged)
    assert (unpinned.message_id, unpinned.pinned) == (pinned.message_id, None)


# ------------------------------------------------------------------------------ 14


def test_14_a_message() -> None:
    assert posted(14, "new_message") == Message(
        id=52,
        channel=GENERAL,
        author=BOB[14],
        text="anon?",
        html="<p>anon?</p>",
        date=at("2026-11-22 19:57:14"),
        subtype="Discussions",
    )
    assert posted(14, "channel_line").kind == "notification"
    assert facts(posted(14, "chat_message").channel) == facts(ChannelRef(2, "Bob"))


def test_14_a_mention_comes_to_the_inbox_too() -> None:
    (event,) = decoded(14, "needaction")
    assert isinstance(event, InboxReceived)
    assert msgspec.structs.replace(event.message, needaction=False) == posted(14, "mention")
    assert event.message.needaction
    assert event.message.text == "hello @Alice"


def test_14_files() -> None:
    (file,) = posted(14, "with_file").attachments
    assert (file.name, file.mimetype, file.size) == ("a.txt", "text/plain", None)


def test_14_typing() -> None:
    assert facts(decoded(14, "typing")) == facts([TypingChanged(GENERAL, BOB[14], True)])
    assert facts(decoded(14, "typing_stopped")) == facts([TypingChanged(GENERAL, BOB[14], False)])
    assert decoded(14, "typing_on_uuid") == []


def test_14_seen() -> None:
    store = names()
    store.author("partner", 7, "Alice")
    assert facts(decoded(14, "seen", store)) == facts([MessageSeen(GENERAL, ALICE[14], 34)])
    assert facts(decoded(14, "chat_seen", store)) == facts([MessageSeen(ChannelRef(2, "Bob"), ALICE[14], 35)])


@pytest.mark.parametrize(("name", "channel"), [("chat_made", 2), ("invited", 5), ("unsubscribed", 5)])
def test_14_my_channels_change(name: str, channel: int) -> None:
    assert decoded(14, name) == [Refresh(channel)]


@pytest.mark.parametrize("name", ["chat_fetched", "probe", "bare_string"])
def test_14_says_nothing(name: str) -> None:
    assert decoded(14, name) == []


def test_14_what_is_sent_to_one_user_alone() -> None:
    assert decoded(14, "transient") == [NoticeReceived("Users in this channel: @Alice and you.")]
    assert decoded(14, "mark_as_read") == [InboxRead((30,))]
    assert decoded(14, "star") == [StarChanged((30,), True)]


@pytest.mark.parametrize("major", [14, 19])
def test_every_recorded_notification_is_read_by_every_dialect(major: int) -> None:
    for row in RECORDED[major].values():
        for other in range(14, 21):
            for item in from_rows([row]):
                assert isinstance(item, Notification)
                assert isinstance(dialect_for(Version(other)).decoder.decode(item, names()), list)
