"""What only 20 says, as its sources give it: users' presence, bookmarks, reactions inside messages, members gone."""

from __future__ import annotations

from typing import Any

import pytest

from odoochat.core.state import ClientState
from odoochat.events import (
    InboxReceived,
    MemberLeft,
    MessagePosted,
    PresenceChanged,
    ReactionChanged,
    StarChanged,
)
from odoochat.model import Author, ChannelInfo, ChannelRef, Reaction, Version
from odoochat.wire.envelopes.frames import Notification
from odoochat.wire.updates import ChannelPatch, Refresh, Update
from odoochat.wire.versions.dialect import Dialect
from odoochat.wire.versions.registry import dialect_for
from tests.facts import facts

BOB = Author(8, "partner", "Bob")
GENERAL = ChannelRef(1, "general")
GROUP = {"content": "👍", "count": 1, "guests": [], "message": 5, "partners": [8], "sequence": 1}


@pytest.fixture
def dialect() -> Dialect:
    return dialect_for(Version(20))


@pytest.fixture
def store() -> ClientState:
    made = ClientState()
    made.renew([ChannelInfo(1, "general")])
    made.author("partner", 8, "Bob")
    return made


def decoded(dialect: Dialect, store: ClientState, payload: Any, kind: str = "mail.record/insert") -> list[Update]:
    return dialect.decoder.decode(Notification(1, kind, payload), store)


def test_a_status_is_the_users(dialect: Dialect, store: ClientState) -> None:
    received = {"res.users": [{"id": 6, "im_status": "away"}]}
    assert decoded(dialect, store, received) == []  # the partner of the user is unknown
    decoded(dialect, store, {"res.partner": [{"id": 8, "name": "Bob", "main_user_id": 6}]})
    assert facts(decoded(dialect, store, received)) == facts([PresenceChanged(BOB, "away")])
    assert decoded(dialect, store, {"res.users": [{"id": 6, "presence_status": "away"}]}) == []


def test_a_bookmark_is_a_star(dialect: Dialect, store: ClientState) -> None:
    assert decoded(dialect, store, {"mail.message": [{"id": 5, "is_bookmarked": True}]}) == [StarChanged((5,), True)]


def test_back_in_the_inbox(dialect: Dialect, store: ClientState) -> None:
    row = {"id": 5, "body": ["markup", "<p>hi</p>"], "model": "discuss.channel", "res_id": 1, "is_bookmarked": True}
    payload = {"message_ids": [5], "store_data": {"mail.message": [row, {**row, "id": 4}]}}
    (event,) = decoded(dialect, store, payload, "mail.message/mark_as_unread")
    assert isinstance(event, InboxReceived)
    assert (event.message.id, event.message.needaction, event.message.starred) == (5, True, True)


def test_reactions_are_part_of_the_message(dialect: Dialect, store: ClientState) -> None:
    thumbs = Reaction("👍", 1, (BOB,))
    row = {"id": 5, "body": ["markup", "<p>hi</p>"], "author_id": 8, "res_id": 1, "reactions": [GROUP]}
    payload = {"id": 1, "store_data": {"mail.message": [row]}}
    (event,) = decoded(dialect, store, payload, "discuss.channel/new_message")
    assert isinstance(event, MessagePosted)
    assert event.message.reactions == (thumbs,)
    added = {"mail.message": [{"id": 5, "reactions": [["ADD", [GROUP]]]}]}
    assert facts(decoded(dialect, store, added)) == facts([ReactionChanged(5, "👍", 1, (BOB,))])
    gone = {"mail.message": [{"id": 5, "reactions": [["DELETE", {"message": 5, "content": "👍"}]]}]}
    assert decoded(dialect, store, gone) == [ReactionChanged(5, "👍", 0)]


def test_a_member_is_gone(dialect: Dialect, store: ClientState) -> None:
    gone = {
        "discuss.channel": [{"id": 1, "member_count": 2}],
        "discuss.channel.member": [{"id": 3, "_DELETE": True}],
    }
    assert decoded(dialect, store, gone) == [ChannelPatch(1, member_count=2), Refresh(1)]
    store.member(3, BOB)
    assert facts(decoded(dialect, store, gone)) == facts(
        [ChannelPatch(1, member_count=2), MemberLeft(GENERAL, BOB), Refresh(1)]
    )


def test_only_users_are_asked_for_a_status() -> None:
    presence = dialect_for(Version(20)).presence
    asked = presence.fetch((8,))
    assert (asked.model, asked.kwargs["domain"]) == ("res.users", [["partner_id", "in", [8]]])
    assert presence.fetched([{"id": 6, "partner_id": [8, "Bob"], "im_status": "away"}]) == {8: "away"}
    assert dialect_for(Version(19)).presence.fetch((8,)).model == "res.partner"
    assert presence.fetched([{"id": 8, "im_status": False}]) == {8: ""}
