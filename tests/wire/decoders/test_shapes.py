"""What 15 to 18 and 20 send, in the shapes that their sources give (PROTOCOL, part D), and what no server should send."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from odoochat.core.state import ClientState
from odoochat.events import (
    AttachmentRemoved,
    Event,
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    MessagePosted,
    MessageSeen,
    NotificationReceived,
    PresenceChanged,
    ReactionChanged,
    TypingChanged,
)
from odoochat.model import Attachment, Author, ChannelInfo, ChannelRef, Message, Reaction, Version, same_facts
from odoochat.wire.envelopes.frames import Notification
from odoochat.wire.updates import ChannelPatch, MessagePatch, Refresh, Update
from odoochat.wire.versions.registry import dialect_for
from tests.facts import facts

GENERAL = ChannelRef(1, "general")
BOB = Author(8, "partner", "Bob")
GUEST = Author(8, "guest", "Visitor")
POSTED = datetime(2026, 11, 22, 19, 43, 17, tzinfo=UTC)
WRITTEN = datetime(2026, 11, 22, 19, 44, 0, tzinfo=UTC)
ALL = range(14, 21)


def names() -> ClientState:
    store = ClientState()
    store.renew([ChannelInfo(1, "general")])
    return store


def decoded(major: int, kind: str, payload: Any, store: ClientState | None = None) -> list[Update]:
    return dialect_for(Version(major)).decoder.decode(Notification(1, kind, payload), store or names())


def message(major: int, kind: str, payload: Any) -> Message:
    (event,) = decoded(major, kind, payload)
    assert isinstance(event, MessagePosted)
    return event.message


# ------------------------------------------------------------- messages, as each sends them


def flat(major: int, **more: Any) -> dict[str, Any]:
    """A message of 15 to 17."""
    author: Any = [8, "Bob"] if major == 15 else {"id": 8, "name": "Bob"}
    if major == 17:
        author["type"] = "partner"
    value: dict[str, Any] = {
        "id": 5,
        "body": "<p>hi</p>",
        "date": "2026-11-22 19:43:17",
        "message_type": "comment",
        "model": "discuss.channel" if major == 17 else "mail.channel",
        "res_id": 1,
        "author_id" if major == 15 else "author": author,
    }
    return value | more


def stored(major: int, *others: dict[str, Any], more: dict[str, Any] | None = None, **row: Any) -> dict[str, Any]:
    """The payload of a new message of 18 to 20."""
    first: dict[str, Any] = {
        "id": 5,
        "body": "<p>hi</p>" if major == 18 else ["markup", "<p>hi</p>"],
        "date": "2026-11-22 19:43:17",
        "message_type": "comment",
        "model": "discuss.channel",
        "res_id": 1,
        "thread": {"id": 1, "model": "discuss.channel"},
    }
    first |= {"author": {"id": 8, "type": "partner"}} if major == 18 else {"author_id": 8, "author_guest_id": False}
    data = {
        "mail.message": [first | row, *others],
        "res.partner": [{"id": 8, "name": "Bob"}],
        "mail.guest": [{"id": 8, "name": "Visitor"}],
    } | (more or {})
    if major == 20:
        data["__store_version__"] = {"snapshot": {"xmin": 1}}
    return {"id": 1, "store_data" if major == 20 else "data": data}


def new(major: int, **more: Any) -> tuple[str, dict[str, Any]]:
    if major >= 18:
        return "discuss.channel/new_message", stored(major, **more)
    first = "discuss.channel" if major == 17 else "mail.channel"
    return f"{first}/new_message", {"id": 1, "message": flat(major, **more)}


@pytest.mark.parametrize("major", range(15, 21))
def test_a_message(major: int) -> None:
    assert facts(message(major, *new(major))) == facts(Message(5, GENERAL, BOB, "hi", "<p>hi</p>", POSTED))


@pytest.mark.parametrize("major", range(15, 21))
def test_both_names_of_a_renamed_model_are_understood_up_to_17(major: int) -> None:
    if major < 18:
        for first in ("mail.channel", "discuss.channel"):
            assert message(major, f"{first}/new_message", {"id": 1, "message": flat(major)}).id == 5


@pytest.mark.parametrize(
    ("major", "more"),
    [
        (15, {"author_id": False, "guestAuthor": {"id": 8, "name": "Visitor"}}),
        (15, {"author_id": False, "author_guest_id": [8, "Visitor"]}),
        (16, {"author": [["clear"]], "guestAuthor": {"id": 8, "name": "Visitor"}}),
        (16, {"author": [["clear"]], "guestAuthor": [["insert", {"id": 8, "name": "Visitor"}]]}),
        (17, {"author": {"id": 8, "name": "Visitor", "type": "guest"}}),
        (18, {"author": {"id": 8, "type": "guest"}}),
        (19, {"author_id": False, "author_guest_id": 8}),
        (20, {"author_id": False, "author_guest_id": 8}),
    ],
)
def test_a_guest_is_no_partner(major: int, more: dict[str, Any]) -> None:
    assert facts(message(major, *new(major, **more)).author) == facts(GUEST)


@pytest.mark.parametrize(
    ("major", "more"),
    [
        (15, {"author_id": False}),
        (16, {"author": [["clear"]]}),
        (17, {"author": False}),
        (18, {"author": False, "email_from": False}),
        (19, {"author_id": False, "author_guest_id": False}),
    ],
)
def test_an_unknown_author(major: int, more: dict[str, Any]) -> None:
    assert same_facts(message(major, *new(major, **more)).author, Author(0, "unknown", ""))


@pytest.mark.parametrize(
    ("major", "nobody"),
    [
        (15, {"author_id": False}),
        (16, {"author": [["clear"]]}),
        (17, {"author": False}),
        (18, {"author": False}),
        (19, {"author_id": False, "author_guest_id": False}),
        (20, {"author_id": False, "author_guest_id": False}),
    ],
)
def test_a_mail_is_from_its_sender(major: int, nobody: dict[str, Any]) -> None:
    came = {"email_from": '"Some One" <some@example.org>', "subject": "An offer"}
    found = message(major, *new(major, **nobody, **came))
    assert same_facts(found.author, Author(0, "email", "Some One", "some@example.org"))
    assert found.subject == "An offer"


@pytest.mark.parametrize("major", [15, 16, 17])
def test_a_flat_reply(major: int) -> None:
    assert message(major, *new(major, parentMessage=flat(major, id=4, body="<p>?</p>"))).reply_to == 4


@pytest.mark.parametrize(
    ("major", "link"), [(18, {"parentMessage": 4}), (18, {"parentMessage": {"id": 4}}), (19, {"parent_id": 4})]
)
@pytest.mark.parametrize("first", ["answer", "question"])
def test_a_reply_in_a_store_comes_with_its_parent(major: int, link: dict[str, Any], first: str) -> None:
    payload = stored(major, {"id": 4, "body": "<p>?</p>"}, **link)
    if first == "question":
        payload["data"]["mail.message"].reverse()
    answer = message(major, "discuss.channel/new_message", payload)
    assert (answer.id, answer.text, answer.reply_to) == (5, "hi", 4)


FILE = Attachment(30, "hello.txt", "text/plain", 10)


@pytest.mark.parametrize(
    ("major", "more"),
    [
        (15, {"attachment_ids": [{"id": 30, "filename": "hello.txt", "name": "x", "mimetype": "text/plain"}]}),
        (16, {"attachment_ids": [{"id": 30, "filename": "hello.txt", "name": "x", "mimetype": "text/plain"}]}),
        (17, {"attachments": [{"id": 30, "filename": "hello.txt", "mimetype": "text/plain", "size": 10}]}),
        (18, {"attachment_ids": [30]}),
        (18, {"attachment_ids": [{"id": 30}]}),
        (19, {"attachment_ids": [30]}),
        (20, {"attachment_ids": [30]}),
    ],
)
def test_files(major: int, more: dict[str, Any]) -> None:
    if major >= 18:
        row = {"id": 30, "name": "hello.txt", "mimetype": "text/plain", "file_size": 10}
        payload = stored(major, more={"ir.attachment": [row]}, **more)
        assert facts(message(major, "discuss.channel/new_message", payload).attachments) == facts((FILE,))
    else:
        (file,) = message(major, *new(major, **more)).attachments
        assert facts((file.id, file.name, file.mimetype)) == facts((FILE.id, FILE.name, FILE.mimetype))
        assert file.size == (10 if major == 17 else None)


@pytest.mark.parametrize(
    ("major", "more"),
    [
        (15, {"messageReactionGroups": [{"content": "👍", "count": 2}]}),
        (15, {"messageReactionGroups": [["insert-and-replace", [{"messageId": 5, "content": "👍", "count": 2}]]]}),
        (16, {"messageReactionGroups": [{"content": "👍", "count": 2}]}),
        (17, {"reactions": [{"content": "👍", "count": 2, "personas": [], "message": {"id": 5}}]}),
    ],
)
def test_reactions_that_come_with_a_message(major: int, more: dict[str, Any]) -> None:
    assert message(major, *new(major, **more)).reactions == (Reaction("👍", 2),)


@pytest.mark.parametrize("of", [5, {"id": 5}])
def test_reactions_that_come_with_a_stored_message(of: Any) -> None:
    groups = [{"message": of, "content": "👍", "count": 2}, {"message": 4, "content": "🎉", "count": 1}]
    payload = stored(18, more={"MessageReactions": groups})
    assert message(18, "discuss.channel/new_message", payload).reactions == (Reaction("👍", 2),)


def test_my_own_number_comes_back() -> None:
    assert message(17, *new(17, temporary_id="abc")).local_id == "abc"
    assert message(18, "discuss.channel/new_message", stored(18) | {"temporary_id": "abc"}).local_id == "abc"
    assert message(20, "discuss.channel/new_message", stored(20) | {"temporary_id": "abc"}).local_id == "abc"
    assert message(19, "discuss.channel/new_message", stored(19) | {"temporary_id": 12.01}).local_id is None


def test_a_message_of_another_document_is_none_of_ours() -> None:
    for major in (15, 16, 17):
        payload = {"message": flat(major, model="res.partner")}
        assert decoded(major, "mail.channel/new_message", payload) == []


# --------------------------------------------------------------------- typing and reading


@pytest.mark.parametrize("typing", [True, False])
@pytest.mark.parametrize(
    ("major", "kind", "payload"),
    [
        (
            15,
            "mail.channel.partner/typing_status",
            {"channel_id": 1, "is_typing": ..., "partner_id": 8, "partner_name": "Bob"},
        ),
        (
            16,
            "mail.channel.member/typing_status",
            {
                "id": 3,
                "channel": {"id": 1},
                "persona": {"partner": {"id": 8, "name": "Bob"}},
                "isTyping": ...,
            },
        ),
        (
            17,
            "discuss.channel.member/typing_status",
            {
                "id": 3,
                "thread": {"id": 1, "model": "discuss.channel"},
                "persona": {"id": 8, "name": "Bob", "type": "partner"},
                "isTyping": ...,
            },
        ),
        (
            18,
            "mail.record/insert",
            {
                "discuss.channel.member": [
                    {
                        "id": 3,
                        "isTyping": ...,
                        "persona": {"id": 8, "type": "partner"},
                        "thread": {"id": 1, "model": "discuss.channel"},
                    }
                ],
                "res.partner": [{"id": 8, "name": "Bob"}],
            },
        ),
        (
            20,
            "mail.record/insert",
            {
                "discuss.channel.member": [{"id": 3, "isTyping": ..., "partner_id": 8, "channel_id": 1}],
                "res.partner": [{"id": 8, "name": "Bob"}],
            },
        ),
    ],
)
def test_typing(major: int, kind: str, payload: Any, typing: bool) -> None:
    def put(value: Any) -> Any:
        if value is ...:
            return typing
        if isinstance(value, dict):
            return {k: put(v) for k, v in value.items()}
        return [put(v) for v in value] if isinstance(value, list) else value

    assert facts(decoded(major, kind, put(payload))) == facts([TypingChanged(GENERAL, BOB, typing)])


def test_a_guest_types() -> None:
    sixteen = {"id": 3, "channel": {"id": 1}, "persona": {"guest": {"id": 8, "name": "Visitor"}}, "isTyping": True}
    assert facts(decoded(16, "mail.channel.member/typing_status", sixteen)) == facts(
        [TypingChanged(GENERAL, GUEST, True)]
    )
    for major, who in (
        (18, {"persona": {"id": 8, "type": "guest"}}),
        (19, {"guest_id": 8, "partner_id": False}),
    ):
        member = {"id": 3, "isTyping": True, "thread": {"id": 1}} | who
        payload = {"discuss.channel.member": [member], "mail.guest": [{"id": 8, "name": "Visitor"}]}
        assert facts(decoded(major, "mail.record/insert", payload)) == facts([TypingChanged(GENERAL, GUEST, True)])


@pytest.mark.parametrize(
    ("major", "kind", "payload"),
    [
        (15, "mail.channel.partner/seen", {"channel_id": 1, "last_message_id": 34, "partner_id": 8}),
        (16, "mail.channel.member/seen", {"channel_id": 1, "last_message_id": 34, "partner_id": 8}),
        (17, "discuss.channel.member/seen", {"channel_id": 1, "last_message_id": 34, "partner_id": 8}),
        (
            17,
            "mail.record/insert",
            {
                "ChannelMember": {
                    "id": 3,
                    "persona": {"id": 8, "type": "partner"},
                    "lastSeenMessage": {"id": 34},
                    "thread": {"id": 1, "model": "discuss.channel"},
                }
            },
        ),
        (
            18,
            "mail.record/insert",
            {
                "discuss.channel.member": [
                    {
                        "id": 3,
                        "persona": {"id": 8, "type": "partner"},
                        "seen_message_id": {"id": 34},
                        "thread": {"id": 1, "model": "discuss.channel"},
                    }
                ]
            },
        ),
        (
            20,
            "mail.record/insert",
            {"discuss.channel.member": [{"id": 3, "partner_id": 8, "seen_message_id": 34, "channel_id": {"id": 1}}]},
        ),
    ],
)
def test_seen(major: int, kind: str, payload: Any) -> None:
    store = names()
    store.author("partner", 8, "Bob")
    assert facts(decoded(major, kind, payload, store)) == facts([MessageSeen(GENERAL, BOB, 34)])


# ----------------------------------------------------------------- edits, removals, reactions


@pytest.mark.parametrize(
    ("major", "kind", "payload"),
    [
        (15, "mail.message/insert", {"id": 5, "body": "<p>new</p>", "attachments": []}),
        (16, "mail.message/insert", {"id": 5, "body": "<p>new</p>", "attachments": [["clear"]]}),
        (17, "mail.record/insert", {"Message": {"id": 5, "body": "<p>new</p>", "attachments": []}}),
        (18, "mail.record/insert", {"mail.message": [{"id": 5, "body": "<p>new</p>", "attachment_ids": []}]}),
        (
            20,
            "mail.record/insert",
            {"mail.message": [{"id": 5, "body": ["markup", "<p>new</p>"], "attachment_ids": []}]},
        ),
    ],
)
def test_an_edit(major: int, kind: str, payload: Any) -> None:
    assert facts(decoded(major, kind, payload)) == facts([MessagePatch(5, "<p>new</p>", None, ())])


def test_an_edit_has_its_time_and_the_remaining_files() -> None:
    row = {"id": 5, "body": "<p>new</p>", "write_date": "2026-11-22 19:44:00", "attachment_ids": [30]}
    payload = {"mail.message": [row], "ir.attachment": [{"id": 30, "name": "hello.txt"}]}
    assert decoded(18, "mail.record/insert", payload) == [
        MessagePatch(5, "<p>new</p>", WRITTEN, (Attachment(30, "hello.txt"),))
    ]
    commands = {"id": 5, "body": "<p>new</p>", "attachments": [["insert-and-replace", [{"id": 30, "name": "a"}]]]}
    assert facts(decoded(16, "mail.message/insert", commands)) == facts(
        [MessagePatch(5, "<p>new</p>", None, (Attachment(30, "a"),))]
    )


@pytest.mark.parametrize(
    ("major", "payload"),
    [
        (15, {"id": 5, "body": "", "attachments": []}),
        (16, {"id": 5, "body": "", "attachments": []}),
        (17, {"Message": {"id": 5, "body": "", "attachments": []}}),
        (18, {"mail.message": [{"id": 5, "body": "", "attachment_ids": []}]}),
        (20, {"mail.message": [{"id": 5, "body": "", "attachment_ids": []}]}),
        (20, {"mail.message": [{"id": 5, "body": ["markup", '<span class="o-mail-Message-edited"></span>']}]}),
    ],
)
def test_an_emptied_message_is_a_deleted_one(major: int, payload: Any) -> None:
    kind = "mail.message/insert" if major < 17 else "mail.record/insert"
    (patch,) = decoded(major, kind, payload)
    assert isinstance(patch, MessagePatch)
    assert facts(names().patched(patch)) == facts(MessageDeleted(5))


def test_a_removed_record_is_a_deleted_message() -> None:
    assert facts(decoded(18, "mail.record/insert", {"mail.message": [{"id": 5, "_DELETE": True}]})) == facts(
        [MessageDeleted(5)]
    )


@pytest.mark.parametrize("major", range(15, 21))
def test_removed_rows(major: int) -> None:
    assert facts(decoded(major, "mail.message/delete", {"message_ids": [5, 6]})) == facts(
        [MessageDeleted(5), MessageDeleted(6)]
    )


def test_14_removed_rows() -> None:
    notification = Notification(1, "", {"type": "deletion", "message_ids": [5]}, ["db", "res.partner", 7])
    assert facts(dialect_for(Version(14)).decoder.decode(notification, names())) == facts([MessageDeleted(5)])


@pytest.mark.parametrize("major", [15, 16])
@pytest.mark.parametrize(
    ("command", "count"), [("insert", 2), ("insert-and-replace", 2), ("insert-and-unlink", 0), ("unlink", 0)]
)
def test_a_flat_reaction(major: int, command: str, count: int) -> None:
    group = {"content": "👍", "count": count, "guests": [], "partners": [], "messageId": 5}
    payload = {"id": 5, "messageReactionGroups": [[command, group]]}
    assert decoded(major, "mail.message/insert", payload) == [ReactionChanged(5, "👍", count)]


def test_a_reaction_taken_back_counts_for_nothing() -> None:
    payload = {"id": 5, "messageReactionGroups": [["insert-and-unlink", {"content": "👍", "count": 1}]]}
    assert decoded(16, "mail.message/insert", payload) == [ReactionChanged(5, "👍", 0)]


@pytest.mark.parametrize(("command", "count"), [("ADD", 2), ("DELETE", 0)])
def test_a_reaction(command: str, count: int) -> None:
    seventeen = {"content": "👍", "count": 2, "personas": [], "message": {"id": 5}}
    assert decoded(17, "mail.record/insert", {"Message": {"id": 5, "reactions": [[command, seventeen]]}}) == [
        ReactionChanged(5, "👍", count)
    ]
    key = {"message": 5, "content": "👍"}
    for major in (18, 20):
        payload: dict[str, Any] = {"mail.message": [{"id": 5, "reactions": [[command, [key]]]}]}
        if command == "ADD":
            payload["MessageReactions"] = [key | {"count": 2}]
        assert decoded(major, "mail.record/insert", payload) == [ReactionChanged(5, "👍", count)]


# ----------------------------------------------------------------------- channels, presence


@pytest.mark.parametrize(
    ("major", "kind", "payload", "channel"),
    [
        (15, "mail.channel/joined", {"channel": {"id": 7, "name": "x"}, "invited_by_user_id": 2}, 7),
        (16, "mail.channel/joined", {"channel": {"id": 7, "name": "x"}, "invited_by_user_id": 2}, 7),
        (17, "discuss.channel/joined", {"channel": {"id": 7, "name": "x"}, "invited_by_user_id": 2}, 7),
        (18, "discuss.channel/joined", {"channel": {"id": 7, "model": "discuss.channel"}}, 7),
        (20, "discuss.channel/joined", {"channel_id": 7, "store_data": {}}, 7),
        (15, "mail.channel/leave", {"id": 7}, 7),
        (16, "mail.channel/leave", {"id": 7}, 7),
        (17, "discuss.channel/leave", {"id": 7}, 7),
        (18, "discuss.channel/leave", {"discuss.channel": [{"id": 7}]}, None),
        (18, "mail.record/insert", {"discuss.channel": [{"id": 7, "_DELETE": True}]}, 7),
        (20, "mail.record/insert", {"discuss.channel": [{"id": 7, "isLocallyPinned": False}]}, 7),
        (15, "mail.channel/delete", {"id": 7}, 7),
        (17, "discuss.channel/delete", {"id": 7}, 7),
        (18, "discuss.channel/delete", {"id": 7}, 7),
        (15, "mail.channel/unpin", {"id": 7}, 7),
        (16, "mail.channel/legacy_insert", {"id": 7}, 7),
        (16, "mail.channel/insert", {"id": 7, "memberCount": 2, "channelMembers": [["insert", []]]}, 7),
        (17, "mail.record/insert", {"Thread": {"id": 7, "channelMembers": [["ADD", []]], "memberCount": 2}}, 7),
        (17, "mail.record/insert", {"Thread": [{"id": 7, "is_pinned": False}]}, 7),
    ],
)
def test_my_channels_change(major: int, kind: str, payload: Any, channel: int | None) -> None:
    assert decoded(major, kind, payload) == [Refresh(channel)]


@pytest.mark.parametrize(
    ("major", "kind", "payload"),
    [
        (15, "mail.channel/insert", {"id": 7, "name": "new"}),
        (16, "mail.thread/insert", {"id": 7, "model": "mail.channel", "name": "new"}),
        (17, "mail.record/insert", {"Thread": {"id": 7, "model": "discuss.channel", "name": "new"}}),
        (18, "mail.record/insert", {"discuss.channel": [{"id": 7, "name": "new"}]}),
        (20, "mail.record/insert", {"discuss.channel": [{"id": 7, "name": "new"}]}),
    ],
)
def test_a_channel_is_renamed(major: int, kind: str, payload: Any) -> None:
    assert decoded(major, kind, payload) == [ChannelPatch(7, name="new")]


@pytest.mark.parametrize("major", [15, 16, 17])
def test_something_happened_in_a_channel(major: int) -> None:
    payload = {"id": 7, "last_interest_dt": "2026-11-22 19:44:00"}
    assert decoded(major, "discuss.channel/last_interest_dt_changed", payload) == [
        ChannelPatch(7, last_activity=WRITTEN)
    ]


def test_presence() -> None:
    store = names()
    store.author("partner", 8, "Bob")
    store.author("guest", 8, "Visitor")
    polled = {"partners": [{"id": 8, "im_status": "away"}], "guests": [{"id": 8, "im_status": "online"}]}
    assert decoded(16, "bus/im_status", polled, store) == [
        PresenceChanged(BOB, "away"),
        PresenceChanged(GUEST, "online"),
    ]
    for major in (17, 18, 19):
        for key, who in (("partner_id", BOB), ("guest_id", GUEST)):
            pushed = {"im_status": "away", "presence_status": "away", key: 8}
            assert facts(decoded(major, "bus.bus/im_status_updated", pushed, store)) == facts(
                [PresenceChanged(who, "away")]
            )
    users = {"res.users": [{"id": 3, "partner_id": 8, "im_status": "busy"}]}
    assert facts(decoded(20, "mail.record/insert", users, store)) == facts([PresenceChanged(BOB, "busy")])


@pytest.mark.parametrize("major", range(15, 21))
def test_unknown_types_are_passed_on(major: int) -> None:
    payload = {"anything": [1]}
    assert decoded(major, "mail.activity/updated", payload) == [NotificationReceived("mail.activity/updated", payload)]


# --------------------------------------------------------------------- what no server sends

KINDS = [
    "",
    "bus.bus/im_status_updated",
    "bus/im_status",
    "discuss.channel.member/fetched",
    "discuss.channel.member/seen",
    "discuss.channel.member/typing_status",
    "discuss.channel/delete",
    "discuss.channel/joined",
    "discuss.channel/last_interest_dt_changed",
    "discuss.channel/leave",
    "discuss.channel/new_message",
    "discuss.channel/transient_message",
    "discuss.channel/unpin",
    "mail.channel.member/seen",
    "mail.channel.member/typing_status",
    "mail.channel.partner/seen",
    "mail.channel.partner/typing_status",
    "mail.channel/insert",
    "mail.channel/joined",
    "mail.channel/legacy_insert",
    "mail.channel/new_message",
    "mail.message/delete",
    "mail.message/inbox",
    "mail.message/insert",
    "mail.record/insert",
    "mail.thread/insert",
    "res.users.settings/insert",
]
KEYS = sorted(
    {
        *[
            "id",
            "name",
            "body",
            "date",
            "write_date",
            "create_date",
            "message",
            "message_type",
            "model",
            "res_id",
            "thread",
            "parent_id",
            "type",
        ],
        *[
            "parentMessage",
            "author",
            "author_id",
            "author_guest_id",
            "guestAuthor",
            "attachment_ids",
            "attachments",
            "reactions",
        ],
        *[
            "messageReactionGroups",
            "content",
            "count",
            "partners",
            "guests",
            "temporary_id",
            "data",
            "store_data",
            "channel",
        ],
        *[
            "channel_id",
            "persona",
            "partner",
            "guest",
            "partner_id",
            "guest_id",
            "partner_name",
            "is_typing",
            "isTyping",
        ],
        *["last_message_id", "seen_message_id", "lastSeenMessage", "message_ids", "im_status", "info", "channel_type"],
        *["message_unread_counter", "new_message_separator", "last_interest_dt", "description", "is_pinned"],
        *[
            "channelMembers",
            "Message",
            "Thread",
            "ChannelMember",
            "MessageReactions",
            "mail.message",
            "discuss.channel",
        ],
        *[
            "discuss.channel.member",
            "res.users",
            "res.partner",
            "mail.guest",
            "ir.attachment",
            "_DELETE",
            "filename",
            "file_size",
        ],
    }
)
words = st.sampled_from(
    (
        *("", "ADD", "DELETE", "insert", "clear", "markup", "typing_status", "channel_seen", "deletion", "guest"),
        *("mail.channel", "discuss.channel", "2026-11-22 19:44:00", "\ud800", "0001-01-01", "<p>x</p>"),
    )
)
leaves = st.none() | st.booleans() | st.integers() | st.integers(0, 9) | st.floats() | words
values = st.recursive(
    leaves,
    lambda v: st.lists(v, max_size=3) | st.dictionaries(st.sampled_from(KEYS), v, max_size=5),
    max_leaves=20,
)
wheres = st.none() | st.text(max_size=3) | st.lists(leaves, max_size=4)


@settings(max_examples=400, deadline=None)
@given(
    st.integers(14, 20),
    st.sampled_from(KINDS) | st.text(max_size=9),
    st.dictionaries(st.sampled_from(KEYS), values, max_size=6) | values,
    wheres | st.just(["db", "mail.channel", 1]) | st.just(["db", "res.partner", 7]),
)
@example(15, "mail.message/delete", {"message_ids": 5}, None)
@example(19, "mail.message/delete", {"message_ids": 5}, None)
@example(14, "", {"type": "deletion", "message_ids": True}, ["db", "res.partner", 7])
@example(16, "mail.channel/new_message", {"message": "text"}, None)
@example(16, "mail.channel/new_message", {"message": {"id": 1, "res_id": 1, "guestAuthor": [[], 1]}}, None)
@example(16, "mail.channel/new_message", {"message": {"id": 1, "res_id": 1, "guestAuthor": [[1], 1]}}, None)
@example(16, "mail.message/insert", {"id": 1, "body": "", "attachments": [[1], 1]}, None)
@example(17, "mail.record/insert", {"Message": {"id": 1, "reactions": 1}}, None)
@example(18, "mail.record/insert", {"mail.message": [{"id": 1, "reactions": 1}]}, None)
@example(18, "discuss.channel/new_message", {"data": {"mail.message": [{"id": []}]}}, None)
@example(
    18,
    "discuss.channel/new_message",
    {"data": {"mail.message": [{"id": 1, "attachment_ids": [2]}], "ir.attachment": [{"id": []}]}},
    None,
)
def test_any_payload_is_read_without_an_error(major: int, kind: str, payload: Any, channel: Any) -> None:
    known = Event | MessagePatch | ChannelPatch | Refresh
    for thing in dialect_for(Version(major)).decoder.decode(Notification(1, kind, payload, channel), ClientState()):
        assert isinstance(thing, known)
        hash(thing) if not isinstance(thing, NotificationReceived) else None


RECORDED = Path(__file__).parent.parent / "recorded"


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_recorded_payload_with_a_part_replaced_is_read_without_an_error(data: st.DataObject) -> None:
    major = data.draw(st.sampled_from([14, 19]))
    rows = json.loads((RECORDED / f"odoo{major}.json").read_text("utf-8"))
    row = rows[data.draw(st.sampled_from(sorted(rows)))]
    spot: Any = row["message"]
    while isinstance(spot, dict | list) and spot:
        key = data.draw(st.sampled_from(sorted(spot) if isinstance(spot, dict) else range(len(spot))))
        if not isinstance(spot[key], dict | list) or not spot[key] or data.draw(st.integers(0, 3)) == 0:
            spot[key] = data.draw(values)
            break
        spot = spot[key]
    message = row["message"]
    typed = isinstance(message, dict) and major == 19
    kind = message.get("type") if typed else ""
    payload = message.get("payload") if typed else message
    notification = Notification(1, kind if isinstance(kind, str) else "", payload, row.get("channel"))
    assert isinstance(dialect_for(Version(major)).decoder.decode(notification, ClientState()), list)


def test_joined_and_departed_members_of_15_are_people() -> None:
    bob, visitor = Author(8, "partner", "Bob"), Author(9, "guest", "Visitor")
    came = {
        "id": 1, "memberCount": 3, "members": [["insert", [{"id": 8, "name": "Bob", "im_status": "online"}]]],
        "guestMembers": [["insert", [{"id": 9, "name": "Visitor"}]]],
    }  # fmt: skip
    store = names()
    count = ChannelPatch(1, member_count=3)
    assert decoded(15, "mail.channel/insert", came, store) == [
        MemberJoined(GENERAL, bob), MemberJoined(GENERAL, visitor), count
    ]  # fmt: skip
    left = {"id": 1, "memberCount": 2, "members": [["insert-and-unlink", {"id": 8}]]}
    assert decoded(15, "mail.channel/insert", left, store) == [
        MemberLeft(GENERAL, bob), ChannelPatch(1, member_count=2)
    ]  # fmt: skip


@pytest.mark.parametrize("major", [15, 16, 17, 18, 19, 20])
def test_a_removed_file_is_no_change_of_channels(major: int) -> None:
    """The types of 15 to 17 are matched by their last part, which is that of a deleted channel too."""
    assert facts(decoded(major, "ir.attachment/delete", {"id": 7, "message": {"id": 5}})) == facts(
        [AttachmentRemoved(7)]
    )
    assert decoded(major, "ir.attachment/delete", {"id": False}) in (
        [],
        [NotificationReceived("ir.attachment/delete", {"id": False})],
    )


def test_watched_people_of_16_without_an_id_are_left_out() -> None:
    payload = {"partners": [{"id": False, "im_status": "online"}, {"id": 8, "im_status": "away"}], "guests": 7}
    assert facts(decoded(16, "bus/im_status", payload)) == facts([PresenceChanged(Author(8), "away")])
