"""Lines and JSON: exactly what scripts rely on, and nothing that acts on a terminal."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from odoochat import events
from odoochat.events import (
    AttachmentRemoved,
    ChannelChanged,
    ChannelJoined,
    ChannelLeft,
    CountersChanged,
    Event,
    EventsMissed,
    InboxRead,
    InboxReceived,
    LinkChanged,
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    MessageEdited,
    MessageFailed,
    MessagePending,
    MessagePosted,
    MessageSeen,
    NoticeReceived,
    NotificationReceived,
    PinChanged,
    PollChanged,
    PresenceChanged,
    PreviewsChanged,
    ReactionChanged,
    StarChanged,
    TypingChanged,
)
from odoochat.model import (
    Attachment,
    Author,
    ChannelInfo,
    ChannelRef,
    Counters,
    LinkPreview,
    Message,
    Poll,
    PollOption,
    Reaction,
    RecordRef,
)
from odoochat.render import channel_lines, event_line, json_line, message_lines

RISKY = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
EVIL = "\x1b]0;owned\x07a\x9b31m\u202eb\x00\rc\x7f\u2066d"
DATE = datetime(2026, 11, 22, 19, 3, 31, tzinfo=UTC)
GENERAL = ChannelRef(1, "general")
BOB = Author(8, "partner", "Bob")


def message(**more: Any) -> Message:
    given: dict[str, Any] = {"channel": GENERAL, "author": BOB, "text": "hi", "html": "<p>hi</p>", "date": DATE}
    return Message(7, **{**given, **more})


def evil(kind: type[Event]) -> Event:
    """An event whose every text comes from a hostile server."""
    where, who, info = ChannelRef(1, EVIL), Author(8, "partner", EVIL), ChannelInfo(1, EVIL, EVIL, 2)
    bad = message(
        channel=where, author=who, text=EVIL, html=EVIL, attachments=(Attachment(3, EVIL, EVIL),),
        reactions=(Reaction(EVIL, 2),),
    )  # fmt: skip
    return {
        MessagePosted: lambda: MessagePosted(bad),
        MessageEdited: lambda: MessageEdited(bad),
        MessageDeleted: lambda: MessageDeleted(7, where),
        MessagePending: lambda: MessagePending("l", where, EVIL),
        MessageFailed: lambda: MessageFailed("l", where, EVIL, EVIL),
        TypingChanged: lambda: TypingChanged(where, who, True),
        MessageSeen: lambda: MessageSeen(where, who, 7),
        ReactionChanged: lambda: ReactionChanged(7, EVIL, 1),
        PresenceChanged: lambda: PresenceChanged(who, EVIL),
        ChannelJoined: lambda: ChannelJoined(info),
        ChannelLeft: lambda: ChannelLeft(where),
        ChannelChanged: lambda: ChannelChanged(info),
        LinkChanged: lambda: LinkChanged("waiting", "websocket", 1.0, EVIL),
        EventsMissed: lambda: EventsMissed(3),
        PollChanged: lambda: PollChanged(Poll(3, EVIL, (PollOption(1, EVIL, EVIL, 2),)), 7),
        PinChanged: lambda: PinChanged(7, DATE, where),
        StarChanged: lambda: StarChanged((7,), True),
        PreviewsChanged: lambda: PreviewsChanged(7, (LinkPreview(EVIL, EVIL, EVIL, EVIL),)),
        AttachmentRemoved: lambda: AttachmentRemoved(3),
        InboxReceived: lambda: InboxReceived(bad),
        InboxRead: lambda: InboxRead((7,)),
        CountersChanged: lambda: CountersChanged(Counters(1, 2)),
        MemberJoined: lambda: MemberJoined(where, who),
        MemberLeft: lambda: MemberLeft(where, who),
        NoticeReceived: lambda: NoticeReceived(EVIL, where),
        NotificationReceived: lambda: NotificationReceived(EVIL, {EVIL: [EVIL, {"x": EVIL}]}),
    }[kind]()


KINDS = [
    kind for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event
]


def test_a_message_is_the_json_of_the_contract() -> None:
    assert json_line(MessagePosted(message())) == (
        '{"event":"message_posted","message":{"id":7,"channel":{"id":1,"name":"general"},'
        '"author":{"id":8,"kind":"partner","name":"Bob"},"text":"hi","html":"<p>hi</p>",'
        '"date":"2026-11-22T19:03:31Z","reply_to":null,"attachments":[],"reactions":[]}}'
    )


def test_a_message_with_everything() -> None:
    full = message(
        reply_to=5,
        attachments=(Attachment(3, "a.txt", "text/plain", 12),),
        reactions=(Reaction("🎉", 2),),
        date=DATE.astimezone(timezone(timedelta(hours=5))),
        local_id="mine",
    )
    received = json.loads(json_line(full))
    assert received["date"] == "2026-11-22T19:03:31Z"
    assert received["reply_to"] == 5
    assert received["attachments"] == [{"id": 3, "name": "a.txt", "mimetype": "text/plain", "size": 12}]
    assert received["reactions"] == [{"content": "🎉", "count": 2}]
    assert "local_id" not in received


def test_what_is_unusual_of_a_message_is_reported_too() -> None:
    received = json.loads(
        json_line(
            message(kind="notification", pinned=DATE, mentions=(8,), record=RecordRef("sale.order", 42, "S00042"))
        )
    )
    assert received["kind"] == "notification"
    assert received["pinned"] == "2026-11-22T19:03:31Z"
    assert received["mentions"] == [8]
    assert received["record"] == {"model": "sale.order", "id": 42, "name": "S00042"}
    assert "starred" not in received
    reaction = json.loads(json_line(message(reactions=(Reaction("🎉", 1, (BOB,)),))))["reactions"][0]
    assert reaction["authors"] == [{"id": 8, "kind": "partner", "name": "Bob"}]


def test_other_events_are_their_name_and_their_fields() -> None:
    link = LinkChanged("waiting", "websocket", 4.2, "closed with code 1006")
    assert json_line(link) == (
        '{"event":"link_changed","state":"waiting","via":"websocket","retry_in":4.2,"reason":"closed with code 1006"}'
    )
    assert json_line(LinkChanged("open", "peek")) == (
        '{"event":"link_changed","state":"open","via":"peek","retry_in":null,"reason":null}'
    )
    assert json_line(TypingChanged(GENERAL, BOB, True)) == (
        '{"event":"typing_changed","channel":{"id":1,"name":"general"},'
        '"author":{"id":8,"kind":"partner","name":"Bob"},"typing":true}'
    )
    assert json.loads(json_line(NotificationReceived("a/b", {"x": [1, None]}))) == {
        "event": "notification_received",
        "type": "a/b",
        "payload": {"x": [1, None]},
    }


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_nothing_of_an_event_acts_on_a_terminal(kind: type[Event]) -> None:
    event = evil(kind)
    assert not RISKY.search(event_line(event))
    line = json_line(event)
    assert "\n" not in line
    assert not RISKY.search(line)
    received = json.loads(line)
    assert set(received) == {"event", *event.__struct_fields__}
    if isinstance(event, MessagePosted):
        assert received["message"]["html"] == EVIL, "JSON loses nothing"


def test_what_is_no_utf8_can_be_written() -> None:
    line = json_line(MessagePosted(message(html="a\ud800b")))
    assert line.encode("utf-8")
    assert json.loads(line)["message"]["html"] == "a\ud800b"


def test_message_lines_are_indented_and_name_the_files() -> None:
    lines = message_lines(message(text="one\ntwo", attachments=(Attachment(3, "a.txt"),)), channel=True)
    assert re.fullmatch(r"20\d\d-\d\d-\d\d \d\d:\d\d #general Bob: one", lines[0])
    assert lines[1:] == ["    two", "    [file 3: a.txt]"]
    assert message_lines(message(author=Author(0, "unknown")))[0].endswith(" unknown: hi")


def test_channels_are_a_table() -> None:
    infos = [ChannelInfo(1, "general", "channel", 3, DATE), ChannelInfo(12, EVIL, EVIL)]
    head, first, second = channel_lines(infos)
    assert head.split() == ["ID", "NAME", "KIND", "UNREAD", "LAST", "ACTIVITY"]
    assert first.split()[:4] == ["1", "general", "channel", "3"]
    assert second.startswith("12 ")
    assert not any(RISKY.search(line) for line in (head, first, second))
    assert len(channel_lines([])) == 1


def test_the_links_states_in_words() -> None:
    assert event_line(LinkChanged("open", "websocket")) == "* connected by websocket"
    assert event_line(LinkChanged("connecting", "peek")) == "* connecting by peek"
    assert "again in 4.0 s" in event_line(LinkChanged("waiting", "websocket", 4.0, "cut"))
    assert event_line(LinkChanged("closed", reason="logged out")) == "* closed: logged out"
