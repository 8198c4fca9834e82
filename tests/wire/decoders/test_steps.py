"""Notifications with thousands of records are decoded in small steps."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from odoochat.core.state import ClientState
from odoochat.events import MessagePosted
from odoochat.model import Author, AuthorKind, ChannelInfo, Version
from odoochat.wire.envelopes.frames import Notification
from odoochat.wire.versions.registry import dialect_for

MANY = 500
WHERE = {"id": 1, "model": "discuss.channel"}


def _groups(**more: Any) -> list[dict[str, Any]]:
    return [{"content": f"{n}", "count": 1, "partners": [{"id": n, "name": f"P {n}"}], **more} for n in range(1, MANY)]


def _memberships(**more: Any) -> list[dict[str, Any]]:
    return [{"id": n, "persona": {"id": n, "type": "partner", "name": f"P {n}"}, **more} for n in range(1, MANY)]


def _people() -> list[dict[str, Any]]:
    return [{"id": n, "name": f"P {n}", "main_user_id": {"id": n}} for n in range(1, MANY)]


CASES: list[tuple[str, tuple[int, ...], str, Callable[[], Any]]] = [
    ("reactions", (15, 16), "mail.message/insert",
     lambda: {"id": 5, "messageReactionGroups": [["insert", _groups()]]}),
    ("reactions", (17,), "mail.record/insert", lambda: {"Message": [{"id": 5, "reactions": [["ADD", _groups()]]}]}),
    ("reactions", (18, 19, 20), "mail.record/insert",
     lambda: {"mail.message": [{"id": 5, "reactions": [["ADD", _groups()]]}], "MessageReactions": _groups(message=5)}),
    ("members", (16,), "mail.channel/insert", lambda: {"id": 1, "channelMembers": [["insert", _memberships()]]}),
    ("members", (15,), "mail.channel/insert", lambda: {"id": 1, "members": [["insert", _people()]]}),
    ("members", (17,), "mail.record/insert",
     lambda: {"Thread": [{**WHERE, "channelMembers": [["ADD", _memberships()]]}]}),
    ("read marks", (17,), "mail.record/insert",
     lambda: {"ChannelMember": _memberships(thread=WHERE, lastSeenMessage={"id": 5})}),
    ("read marks", (18, 19, 20), "mail.record/insert",
     lambda: {"discuss.channel.member": _memberships(thread=WHERE, channel_id=WHERE, seen_message_id=5)}),
    ("names", (18, 19, 20), "mail.record/insert", lambda: {"res.partner": _people()}),
    ("names with a message", (18, 19, 20), "discuss.channel/new_message",
     lambda: {"id": 1, "data": {"mail.message": [{"id": 5, "body": "x"}], "res.partner": _people()}}),
]  # fmt: skip


class Counted(ClientState):
    """Counts the people who are looked up."""

    lookups = 0

    def author(self, kind: AuthorKind, author_id: int, name: str = "", *, display: bool = False) -> Author:
        self.lookups += 1
        return super().author(kind, author_id, name, display=display)

    def partner_of(self, uid: int, partner_id: int = 0) -> int:
        self.lookups += 1
        return super().partner_of(uid, partner_id)


@pytest.mark.parametrize(
    ("major", "kind", "make"),
    [(major, kind, make) for _, majors, kind, make in CASES for major in majors],
    ids=[f"{major} {name}" for name, majors, _, _ in CASES for major in majors],
)
def test_no_step_decodes_more_than_one_record(major: int, kind: str, make: Callable[[], Any]) -> None:
    names = Counted()
    names.renew([ChannelInfo(1, "general")])
    steps = [0]
    decoder = dialect_for(Version(major)).decoder
    updates = []
    for update in decoder.steps(Notification(1, kind, make()), names):
        steps.append(names.lookups)
        updates.append(update)
    assert names.lookups >= MANY - 1
    assert max(after - before for before, after in itertools.pairwise(steps)) <= 3
    other = Counted()
    other.renew([ChannelInfo(1, "general")])
    assert [u for u in updates if u is not None] == decoder.decode(Notification(1, kind, make()), other)


@pytest.mark.parametrize("major", [18, 19, 20])
@pytest.mark.parametrize("others", [0, MANY])
def test_a_message_among_few_or_many_people_is_the_same(major: int, others: int) -> None:
    author = {"author": {"id": 7, "type": "partner"}} if major == 18 else {"author_id": 7}
    row = {"id": 5, "body": "<p>hi</p>", "model": "discuss.channel", "res_id": 1, **author}
    people = [{"id": 7, "name": "Bob"}, *({"id": 100 + n, "name": f"P {n}"} for n in range(others))]
    data = {"mail.message": [row], "res.partner": people}
    names = ClientState()
    names.renew([ChannelInfo(1, "general")])
    payload = {"id": 1, "store_data" if major == 20 else "data": data}
    steps = list(
        dialect_for(Version(major)).decoder.steps(Notification(1, "discuss.channel/new_message", payload), names)
    )
    (posted,) = [update for update in steps if update is not None]
    assert isinstance(posted, MessagePosted)
    assert (posted.message.author.name, posted.message.text, posted.message.channel.name) == ("Bob", "hi", "general")
    assert len(steps) > others
