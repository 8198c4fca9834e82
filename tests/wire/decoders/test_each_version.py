"""Notifications and rows of each version, decoded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoochat.core.state import ClientState
from odoochat.events import (
    MessageDeleted,
    MessagePosted,
    MessageSeen,
    NotificationReceived,
    PresenceChanged,
    ReactionChanged,
    TypingChanged,
)
from odoochat.model import Author, ChannelInfo, Version
from odoochat.wire.envelopes.frames import Notification, from_rows, parse
from odoochat.wire.updates import ChannelPatch, MessagePatch, Refresh
from odoochat.wire.versions.dialect import Dialect
from odoochat.wire.versions.registry import dialect_for
from tests.facts import facts

MAJORS = (14, 15, 16, 17, 18, 19, 20)
ROOT = Path(__file__).parent.parent.parent.parent
FRAMES19 = json.loads((ROOT / "bench" / "frames19.json").read_text("utf-8"))


def names() -> ClientState:
    made = ClientState()
    made.renew([ChannelInfo(1, "general")])
    return made


def decoded(major: int, kind: str, payload: Any, channel: Any = None) -> list[Any]:
    return dialect_for(Version(major)).decoder.decode(Notification(1, kind, payload, channel), names())


def flat(major: int, number: int = 5) -> dict[str, Any]:
    """A message dict as `message_format` of 14 to 17 gives it."""
    value: dict[str, Any] = {
        "id": number,
        "body": "<p>Hello <b>you</b></p>",
        "date": "2026-11-22 19:43:17",
        "message_type": "comment",
        "model": "mail.channel" if major < 17 else "discuss.channel",
        "res_id": 1,
        "attachment_ids": [],
        "temporary_id": "mine" if major == 17 else None,
    }
    if major < 16:
        value["author_id"] = [8, "Bob"]
    else:
        value["author"] = {"id": 8, "name": "Bob", "type": "partner"} if major == 17 else {"id": 8, "name": "Bob"}
    return value


def stored(major: int, number: int = 5, **more: Any) -> dict[str, Any]:
    """A store dict of 18 and later with one message."""
    row: dict[str, Any] = {
        "id": number,
        "body": "<p>Hello <b>you</b></p>" if major == 18 else ["markup", "<p>Hello <b>you</b></p>"],
        "date": "2026-11-22 19:43:17",
        "write_date": "2026-11-22 19:43:17",
        "message_type": "comment",
        "model": "discuss.channel",
        "res_id": 1,
        "attachment_ids": [3],
        "thread": {"id": 1, "model": "discuss.channel"},
        **({"author": {"id": 8, "type": "partner"}} if major == 18 else {"author_id": 8, "author_guest_id": False}),
    }
    return {
        "mail.message": [row | more],
        "res.partner": [{"id": 8, "name": "Bob"}],
        "ir.attachment": [{"id": 3, "name": "a.txt", "mimetype": "text/plain", "file_size": 10}],
        "__store_version__": {"snapshot": {}},
    }


def new_message(major: int) -> list[Any]:
    if major == 14:
        return decoded(14, "", flat(14), ["db", "mail.channel", 1])
    if major < 18:
        return decoded(
            major, f"{'mail' if major < 17 else 'discuss'}.channel/new_message", {"id": 1, "message": flat(major)}
        )
    key = "store_data" if major == 20 else "data"
    return decoded(major, "discuss.channel/new_message", {"id": 1, key: stored(major), "temporary_id": "mine"})


@pytest.mark.parametrize("major", MAJORS)
def test_a_new_message(major):
    (event,) = new_message(major)
    assert isinstance(event, MessagePosted)
    message = event.message
    assert (message.id, message.text, message.html) == (5, "Hello you", "<p>Hello <b>you</b></p>")
    assert facts(message.author) == facts(Author(8, "partner", "Bob"))
    assert (message.channel.id, message.channel.name) == (1, "general")
    assert message.date.isoformat() == "2026-11-22T19:43:17+00:00"
    assert message.local_id == ("mine" if major >= 17 else None)
    if major >= 18:
        assert [(a.id, a.name, a.size) for a in message.attachments] == [(3, "a.txt", 10)]


@pytest.mark.parametrize("major", [18, 19, 20])
def test_a_reply_is_distinguished_from_its_parent(major):
    data = stored(major, 9)
    key = "parentMessage" if major == 18 else "parent_id"
    data["mail.message"][0][key] = 5
    data["mail.message"].insert(0, stored(major, 5)["mail.message"][0])
    payload = {"id": 1, "store_data" if major == 20 else "data": data}
    (event,) = decoded(major, "discuss.channel/new_message", payload)
    assert (event.message.id, event.message.reply_to) == (9, 5)


TYPING = {
    14: ("", {"info": "typing_status", "is_typing": True, "partner_id": 8, "partner_name": "Bob"}),
    15: (
        "mail.channel.partner/typing_status",
        {"channel_id": 1, "is_typing": True, "partner_id": 8, "partner_name": "Bob"},
    ),
    16: (
        "mail.channel.member/typing_status",
        {"id": 4, "channel": {"id": 1}, "persona": {"partner": {"id": 8, "name": "Bob"}}, "isTyping": True},
    ),
    17: (
        "discuss.channel.member/typing_status",
        {
            "id": 4,
            "thread": {"id": 1, "model": "discuss.channel"},
            "persona": {"id": 8, "name": "Bob", "type": "partner"},
            "isTyping": True,
        },
    ),
    18: (
        "mail.record/insert",
        {
            "discuss.channel.member": [
                {
                    "id": 4,
                    "isTyping": True,
                    "persona": {"id": 8, "type": "partner"},
                    "thread": {"id": 1, "model": "discuss.channel"},
                }
            ],
            "res.partner": [{"id": 8, "name": "Bob"}],
        },
    ),
    19: (
        "mail.record/insert",
        {
            "discuss.channel.member": [
                {
                    "id": 4,
                    "isTyping": True,
                    "partner_id": 8,
                    "channel_id": {"id": 1, "model": "discuss.channel"},
                    "seen_message_id": 71,
                }
            ],
            "res.partner": [{"id": 8, "name": "Bob"}],
        },
    ),
}


@pytest.mark.parametrize("major", TYPING)
def test_typing(major):
    kind, payload = TYPING[major]
    (event,) = decoded(major, kind, payload, ["db", "mail.channel", 1])
    assert isinstance(event, TypingChanged)
    assert facts((event.author, event.channel.name, event.typing)) == facts(
        (Author(8, "partner", "Bob"), "general", True)
    )


SEEN = {
    14: ("", {"info": "channel_seen", "last_message_id": 34, "partner_id": 8}),
    15: ("mail.channel.partner/seen", {"channel_id": 1, "last_message_id": 34, "partner_id": 8}),
    16: ("mail.channel.member/seen", {"channel_id": 1, "last_message_id": 34, "partner_id": 8}),
    17: (
        "mail.record/insert",
        {
            "ChannelMember": {
                "id": 4,
                "persona": {"id": 8, "type": "partner"},
                "lastSeenMessage": {"id": 34},
                "thread": {"id": 1},
            }
        },
    ),
    19: (
        "mail.record/insert",
        {"discuss.channel.member": [{"id": 8, "partner_id": 8, "seen_message_id": 34, "channel_id": {"id": 1}}]},
    ),
}


@pytest.mark.parametrize("major", SEEN)
def test_seen(major):
    kind, payload = SEEN[major]
    (event,) = decoded(major, kind, payload, ["db", "mail.channel", 1])
    assert isinstance(event, MessageSeen)
    assert (event.author.id, event.channel.id, event.message_id) == (8, 1, 34)


@pytest.mark.parametrize(
    ("major", "kind", "payload"),
    [
        (15, "mail.message/insert", {"id": 5, "body": "<p>new</p>", "attachments": []}),
        (16, "mail.message/insert", {"id": 5, "body": "<p>new</p>", "attachments": [["insert-and-replace", []]]}),
        (17, "mail.record/insert", {"Message": {"id": 5, "body": "<p>new</p>", "attachments": []}}),
        (18, "mail.record/insert", {"mail.message": [{"id": 5, "body": "<p>new</p>", "attachment_ids": []}]}),
        (
            19,
            "mail.record/insert",
            {"mail.message": [{"id": 5, "body": ["markup", "<p>new</p>"], "attachment_ids": []}]},
        ),
    ],
)
def test_an_edit(major, kind, payload):
    (patch,) = decoded(major, kind, payload)
    assert isinstance(patch, MessagePatch)
    assert (patch.id, patch.html, patch.attachments) == (5, "<p>new</p>", ())


@pytest.mark.parametrize(
    ("major", "payload", "count"),
    [
        (17, {"Message": {"id": 5, "reactions": [["ADD", {"content": "👍", "count": 2, "message": {"id": 5}}]]}}, 2),
        (17, {"Message": {"id": 5, "reactions": [["DELETE", {"content": "👍", "message": {"id": 5}}]]}}, 0),
        (
            19,
            {
                "mail.message": [{"id": 5, "reactions": [["ADD", [{"message": 5, "content": "👍"}]]]}],
                "MessageReactions": [{"message": 5, "content": "👍", "count": 3}],
            },
            3,
        ),
        (19, {"mail.message": [{"id": 5, "reactions": [["DELETE", {"message": 5, "content": "👍"}]]}]}, 0),
    ],
)
def test_reactions(major, payload, count):
    assert decoded(major, "mail.record/insert", payload) == [ReactionChanged(5, "👍", count)]


@pytest.mark.parametrize(
    ("major", "kind", "payload"),
    [
        (14, "", {"id": 7, "name": "team", "channel_type": "channel", "info": "join"}),
        (15, "mail.channel/joined", {"channel": {"id": 7}}),
        (16, "mail.channel/leave", {"id": 7}),
        (17, "discuss.channel/joined", {"channel": {"id": 7}}),
        (18, "discuss.channel/joined", {"channel": {"id": 7, "model": "discuss.channel"}}),
        (19, "discuss.channel/joined", {"channel_id": 7, "data": {}}),
        (20, "discuss.channel/joined", {"channel_id": 7, "store_data": {}}),
        (19, "discuss.channel/delete", {"id": 7}),
        (
            19,
            "mail.record/insert",
            {"discuss.channel": [{"id": 7, "close_chat_window": True, "isLocallyPinned": False}]},
        ),
    ],
)
def test_membership(major, kind, payload):
    assert Refresh(7) in decoded(major, kind, payload, ["db", "res.partner", 3])


def test_a_renamed_channel():
    assert decoded(19, "mail.record/insert", {"discuss.channel": [{"id": 1, "name": "new"}]}) == [
        ChannelPatch(1, name="new")
    ]
    assert decoded(17, "mail.record/insert", {"Thread": {"id": 1, "model": "discuss.channel", "name": "new"}}) == [
        ChannelPatch(1, name="new")
    ]
    assert decoded(16, "mail.thread/insert", {"id": 1, "model": "mail.channel", "name": "new"}) == [
        ChannelPatch(1, name="new")
    ]


def test_companions_of_a_message_cause_no_reading_of_channels():
    assert decoded(17, "mail.record/insert", {"Thread": {"id": 1, "model": "discuss.channel", "is_pinned": True}}) == []
    assert decoded(18, "mail.record/insert", {"discuss.channel": [{"id": 1, "is_pinned": True}]}) == []


def test_presence_guests_and_removals():
    kind = "bus.bus/im_status_updated"
    assert facts(decoded(19, kind, {"im_status": "away", "partner_id": 8})) == facts(
        [PresenceChanged(Author(8), "away")]
    )
    assert decoded(18, kind, {"im_status": "online", "partner_id": False, "guest_id": 4}) == [
        PresenceChanged(Author(4, "guest"), "online")
    ]
    assert decoded(16, "bus/im_status", {"partners": [{"id": 8, "im_status": "online"}], "guests": []}) == [
        PresenceChanged(Author(8), "online")
    ]
    assert facts(decoded(19, "mail.message/delete", {"message_ids": [5, 6]})) == facts(
        [MessageDeleted(5), MessageDeleted(6)]
    )
    assert facts(decoded(14, "", {"type": "deletion", "message_ids": [5]}, ["db", "res.partner", 3])) == facts(
        [MessageDeleted(5)]
    )
    data = stored(19, author_id=False, author_guest_id=4) | {"mail.guest": [{"id": 4, "name": "Visitor"}]}
    (event,) = decoded(19, "discuss.channel/new_message", {"id": 1, "data": data})
    assert facts(event.message.author) == facts(Author(4, "guest", "Visitor"))


def test_an_unknown_type_is_passed_on():
    assert decoded(19, "some.app/thing", {"a": 1}) == [NotificationReceived("some.app/thing", {"a": 1})]
    assert decoded(16, "some.app/thing", {"a": 1}) == [NotificationReceived("some.app/thing", {"a": 1})]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(
        ["id", "message", "data", "body", "author", "author_id", "mail.message", "discuss.channel", "persona", "thread",
         "channel_id", "discuss.channel.member", "reactions", "Message", "Thread", "ChannelMember", "res.partner",
         "attachment_ids", "isTyping", "info", "channel_type", "name", "message_ids", "partners", "store_data"]
    ) | st.text(max_size=5), inner, max_size=5),
    max_leaves=25,
)  # fmt: skip
KINDS = [
    "", "discuss.channel/new_message", "mail.channel/new_message", "mail.record/insert", "discuss.channel/joined",
    "mail.message/insert", "mail.channel/insert", "mail.channel.member/typing_status", "discuss.channel.member/seen",
    "mail.message/delete", "bus/im_status", "bus.bus/im_status_updated", "discuss.channel/leave",
]  # fmt: skip


@given(st.sampled_from(MAJORS), st.sampled_from(KINDS), json_values, json_values)
def test_an_undecodable_payload_does_not_block_the_others(major, kind, payload, channel):
    """Decoding any payload gives events, or an error that concerns this notification alone."""
    try:
        found = decoded(major, kind, payload, channel)
    except (TypeError, ValueError, AttributeError, KeyError):
        return  # Intake hands such a one on as NotificationReceived
    assert isinstance(found, list)


def test_real_frames_of_19_are_understood():
    found = [h for frame in FRAMES19 for n in parse(frame) if isinstance(n, Notification)
             for h in dialect_for(Version(19)).decoder.decode(n, names())]  # fmt: skip
    assert facts(sum(isinstance(h, MessagePosted) for h in found)) == facts(20)
    assert any(isinstance(h, TypingChanged) for h in found)
    assert any(isinstance(h, ReactionChanged) for h in found)
    assert any(isinstance(h, MessagePatch) for h in found)
    assert not any(isinstance(h, NotificationReceived) for h in found)


def test_a_direct_chat_shows_the_others_name():
    dialect: Dialect = dialect_for(Version(19))
    members = [{"channel_id": [6, "x"], "message_unread_counter": 2, "last_interest_dt": "2026-11-22 19:43:17"}]
    rows = [{"id": 6, "name": "Alice, Bob", "channel_type": "chat", "description": False}]
    others = [{"channel_id": [6, "x"], "partner_id": [3, "Alice"]}, {"channel_id": [6, "x"], "partner_id": [8, "Bob"]}]
    (info,) = dialect.rows.channel_infos(members, rows, others, 3)
    assert (info.name, info.kind, info.unread, info.partners) == ("Bob", "chat", 2, (3, 8))


def test_long_poll_rows_of_14_keep_their_channel():
    rows = from_rows([{"id": 1, "channel": ["db", "mail.channel", 1], "message": flat(14)}])
    assert isinstance(rows[0], Notification)
    (event,) = dialect_for(Version(14)).decoder.decode(rows[0], names())
    assert isinstance(event, MessagePosted)
    assert event.message.id == 5
