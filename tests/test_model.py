"""People, channels and messages are equal by their ids, whatever their names."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from odoochat.model import (
    Attachment,
    Author,
    ChannelInfo,
    ChannelRef,
    Me,
    Member,
    Message,
    Person,
    RecordRef,
    same_facts,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
BOB, ACME_BOB = Author(7, "partner", "Bob"), Author(7, "partner", "Acme, Bob")


def message(number: int, text: str = "hi", author: Author = BOB) -> Message:
    return Message(number, ChannelRef(1, "general"), author, text, text, NOON)


SAME = [
    (BOB, ACME_BOB),
    (BOB, Person(7, "B. Smith", "bob")),
    (BOB, Me(3, 7, "Robert")),
    (Me(3, 7, "Robert"), Person(7, "Bob")),
    (Me(0, 0, "Gwen", guest_id=9), Author(9, "guest", "G.")),
    (Author(0, "email", "Some One", "some@example.org"), Author(0, "email", "S. One", "Some@Example.org")),
    (ChannelRef(1, "general"), ChannelRef(1, "all")),
    (ChannelRef(1, "general"), ChannelInfo(1, "all", unread=5)),
    (message(5), message(5, "other", ACME_BOB)),
    (Attachment(3, "a.txt", size=4), Attachment(3, "a.txt", "text/plain")),
    (RecordRef("sale.order", 4, "S4"), RecordRef("sale.order", 4)),
    (Member(BOB, 4, seen=9), Member(ACME_BOB, 4)),
]
DIFFERENT = [
    (BOB, Author(7, "guest", "Bob")),
    (BOB, Author(8, "partner", "Bob")),
    (Me(3, 7, "Bob"), Me(3, 8, "Bob")),
    (Author(0, "email", "Some One", "some@example.org"), Author(0, "email", "Some One", "any@example.org")),
    (Author(0, "unknown"), Author(0, "email", "", "")),
    (ChannelRef(1, "general"), ChannelRef(2, "general")),
    (ChannelRef(0, "S4"), ChannelRef(0, "S5")),
    (message(5), message(6)),
    (RecordRef("sale.order", 4), RecordRef("crm.lead", 4)),
    (Member(BOB, 4), Member(BOB, 5)),
    (BOB, ChannelRef(7, "Bob")),
    (BOB, 7),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_has_the_same_id_is_the_same(one: object, other: object) -> None:
    assert one == other
    assert other == one
    assert not one != other  # noqa: SIM202
    assert hash(one) == hash(other)
    assert {one: 1}[other] == 1
    assert not same_facts(one, other), "whoever looks for a change sees one"


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_has_another_id_is_another(one: object, other: object) -> None:
    assert one != other
    assert not one == other  # noqa: SIM201


def test_facts_are_compared_to_the_bottom():
    assert same_facts(message(5), message(5))
    assert not same_facts(message(5), message(5, author=ACME_BOB)), "a name within"
    with_files = msgspec.structs.replace(message(5), attachments=(Attachment(1, "a"),))
    assert same_facts(with_files, msgspec.structs.replace(message(5), attachments=(Attachment(1, "a"),)))
    assert not same_facts(with_files, msgspec.structs.replace(message(5), attachments=(Attachment(1, "b"),)))
    assert not same_facts(with_files, message(5))
    assert not same_facts(BOB, Person(7, "Bob"))


def test_values_go_through_json():
    for value in (BOB, message(5), ChannelInfo(1, "a"), Me(1, 2, "x")):
        again = msgspec.json.decode(msgspec.json.encode(value), type=type(value))
        assert same_facts(again, value)


@pytest.mark.parametrize("me", [Me(2, 6, "Alice"), Me(0, 0, "Visitor", guest_id=6), Me(0, 0, "")], ids=repr)
@pytest.mark.parametrize("kind", ["partner", "guest", "email", "unknown"])
@pytest.mark.parametrize("number", [0, 6, 7])
def test_the_user_wrote_what_their_author_wrote(me, kind, number):
    for name in ("", "Alice", "Visitor"):
        author = Author(number, kind, name)
        assert me.wrote(author) is (author == me.author)
