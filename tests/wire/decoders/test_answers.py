"""Answers to requests for reactions, and notifications in which a part is unusable."""

from __future__ import annotations

from typing import Any

import pytest

from odoochat.core.state import ClientState
from odoochat.events import MemberJoined, MessageSeen, PinChanged, PreviewsChanged, ReactionChanged, StarChanged
from odoochat.model import Author, ChannelInfo, ChannelRef, LinkPreview, Reaction, Version
from odoochat.wire.decoders.store_changes import Merged
from odoochat.wire.decoders.store_records import StoreRecords
from odoochat.wire.envelopes.frames import Notification
from odoochat.wire.versions.registry import dialect_for

BOB = Author(8, "partner", "Bob")
PREVIEW = {"id": 4, "source_url": "https://example.com", "og_title": "Example"}


def names() -> ClientState:
    made = ClientState()
    made.renew([ChannelInfo(1, "general")])
    return made


def decoded(major: int, kind: str, payload: Any) -> list[Any]:
    return dialect_for(Version(major)).decoder.decode(Notification(1, kind, payload), names())


# ------------------------------------------------------------------------------ reactions

GROUP = {"content": "👍", "count": 1, "partners": [{"id": 8, "name": "Bob"}]}


@pytest.mark.parametrize(
    ("major", "answer"),
    [
        (16, [{"id": 5, "messageReactionGroups": [["insert", [GROUP]]]}, {"id": 6}]),
        (17, {"messages": [{"id": 5, "reactions": [GROUP]}, {"id": 6}]}),
        (
            18,
            {
                "data": {
                    "mail.message": [
                        {"id": 5, "reactions": [{"content": "👍", "message": 5}]},
                        {"id": 6, "reactions": []},
                    ],
                    "MessageReactions": [
                        {"content": "👍", "message": 5, "count": 1, "personas": [{"id": 8, "type": "partner"}]}
                    ],
                    "res.partner": [{"id": 8, "name": "Bob"}],
                }
            },
        ),
        (20, {"mail.message": [{"id": 5, "reactions": [GROUP]}, {"id": 6, "reactions": []}]}),
    ],
)
def test_reactions_by_message(major: int, answer: Any) -> None:
    found = dialect_for(Version(major)).decoder.reactions_in(answer, names())
    assert {number: [(r.content, r.count) for r in there] for number, there in found.items()} == {
        5: [("👍", 1)],
        6: [],
    }
    assert [author.id for author in found[5][0].authors] == [8]


def test_a_message_of_a_store_without_reactions_has_unknown_ones() -> None:
    answer = {"mail.message": [{"id": 5}]}
    assert dialect_for(Version(19)).decoder.reactions_in(answer, names()) == {}


@pytest.mark.parametrize("answer", [None, [], {"data": 5}])
def test_an_unusable_answer_has_no_reactions(answer: Any) -> None:
    assert dialect_for(Version(19)).decoder.reactions_in(answer, names()) == {}


# -------------------------------------------------------------------------- unusable parts


def test_members_of_an_unknown_channel_are_left_out() -> None:
    assert decoded(15, "mail.channel/insert", {"members": [["insert", [{"id": 8, "name": "Bob"}]]]}) == []


def test_commands_without_a_person_are_left_out() -> None:
    commands = ["text", ["insert"], [3, []], ["insert", [{"id": False}, {"id": 8, "name": "Bob"}]]]
    joined = [MemberJoined(ChannelRef(1, "general"), BOB)]
    found = decoded(15, "mail.channel/insert", {"id": 1, "members": commands})
    assert [thing for thing in found if isinstance(thing, MemberJoined)] == joined


def test_commands_without_a_membership_are_left_out() -> None:
    member = {"id": 3, "persona": {"partner": {"id": 8, "name": "Bob"}}}
    for commands in (["text", ["insert"], [3, []], ["insert", [member]]], [["insert", member]]):
        found = decoded(16, "mail.channel/insert", {"channel": {"id": 1, "channelMembers": commands}})
        assert [thing for thing in found if isinstance(thing, MemberJoined)] == [
            MemberJoined(ChannelRef(1, "general"), BOB)
        ]


def test_a_pin_and_previews_of_seventeen() -> None:
    message = {"id": 5, "pinned_at": "2026-11-22 19:43:17", "linkPreviews": [PREVIEW]}
    pinned, previews = decoded(17, "mail.record/insert", {"Message": message})
    assert isinstance(pinned, PinChanged)
    assert (pinned.message_id, pinned.pinned is None) == (5, False)
    assert previews == PreviewsChanged(5, (LinkPreview("https://example.com", "Example", "", ""),))
    assert decoded(17, "mail.record/insert", {"Message": {**message, "id": False}}) == []


def test_a_reaction_without_an_emoji_is_left_out() -> None:
    for major, kind, model in ((17, "mail.record/insert", "Message"), (19, "mail.record/insert", "mail.message")):
        commands = [["DELETE", [{"content": False}, {"content": "👍"}]]]
        assert decoded(major, kind, {model: [{"id": 5, "reactions": commands}]}) == [ReactionChanged(5, "👍", 0, ())]


def test_a_command_of_another_kind_changes_no_reaction() -> None:
    for odd in (["REPLACE", [{"content": "👍"}]], ["ADD"], "ADD", {"content": "👍"}):
        commands = [odd, ["DELETE", [{"content": "🎉"}]]]
        found = decoded(17, "mail.record/insert", {"Message": {"id": 5, "reactions": commands}})
        assert found == [ReactionChanged(5, "🎉", 0, ())]


def test_a_reaction_without_its_message_is_left_out() -> None:
    payload = {"Message": {"reactions": [["DELETE", [{"content": "👍"}]]]}}
    assert decoded(17, "mail.record/insert", payload) == []


# ----------------------------------------------------------------------------------- stores


def test_the_last_read_mark_of_each_member_is_kept() -> None:
    channel, carol = ChannelRef(1), Author(9)
    store = Merged()
    for mark in (MessageSeen(channel, BOB, 3), MessageSeen(channel, carol, 4), MessageSeen(channel, BOB, 5)):
        store.add(mark)
    assert store.updates == [MessageSeen(channel, BOB, 5), MessageSeen(channel, carol, 4)]


def test_new_members_are_those_with_whole_memberships() -> None:
    store = StoreRecords(
        {
            "discuss.channel.member": [
                {"id": 3, "channel_id": 1, "partner_id": 8, "create_date": "2026-11-22 19:43:17"},
                {"id": 4, "channel_id": 1, "partner_id": 9},
                {"id": 5, "channel_id": 2, "partner_id": 9, "create_date": "2026-11-22 19:43:17"},
                {"id": 6, "channel_id": 1, "create_date": "2026-11-22 19:43:17"},
            ]
        },
        names(),
    )
    assert [[author.id for author in store.newcomers(number)] for number in (1, 2, 3)] == [[8], [9], []]


def test_a_whole_reaction_is_read_from_its_command() -> None:
    store = StoreRecords({}, names())
    assert store.changed_reaction(5, GROUP) == Reaction("👍", 1, (BOB,))
    assert store.changed_reaction(5, {"content": "👍"}) is None


def test_a_bookmark_of_twenty_is_a_star() -> None:
    for starred in (True, False):
        found = decoded(20, "mail.record/insert", {"mail.message": [{"id": 5, "is_bookmarked": starred}]})
        assert found == [StarChanged((5,), starred)]
