"""Nothing that one client keeps takes more than linear time, however much comes at once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from odoochat.core.catchup import Catchup
from odoochat.core.inbox import InboxState
from odoochat.core.outbox import Outbox
from odoochat.core.seen import Seen
from odoochat.core.state import ClientState
from odoochat.events import MessageDeleted, MessagePosted, MessageSeen, ReactionChanged, StarChanged
from odoochat.model import Author, ChannelInfo, ChannelRef, Me, Message
from odoochat.wire.updates import ChannelPatch
from tests.growth import grows_linearly

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def message(number: int, channel: int = 1) -> Message:
    return Message(number, ChannelRef(channel), Author(7), "t", "<p>t</p>", NOON, written=NOON)


def seen_by_capacity(count: int) -> None:
    seen = Seen(100)
    for number in range(count * 10):
        seen.add(number)


def stars(count: int) -> None:
    boxes = InboxState()
    for number in range(count):
        boxes.star([number], True)
    for number in range(count):
        boxes.star([number], False)


def owned(count: int) -> None:
    outbox = Outbox()
    for number in range(count * 4):
        outbox.own(number, str(number))


def written(count: int) -> None:
    catchup = Catchup(capacity=100)
    for number in range(1, count):
        catchup.note_written(message(number))


def admitted(count: int) -> None:
    """Many times as many messages as are kept above the floor."""
    catchup = Catchup(capacity=100)
    for number in range(1, count):
        assert catchup.admit(message(number))


def posted(count: int) -> None:
    store = ClientState(recent=100)
    for number in range(1, count):
        store.apply(MessagePosted(message(number)), 0.0)


def deleted(count: int) -> None:
    store = ClientState(recent=count)
    for number in range(1, count):
        store.apply(MessagePosted(message(number)), 0.0)
    for number in range(1, count):
        store.apply(MessageDeleted(number, ChannelRef(1)), 0.0)


def renewed(count: int) -> None:
    """Many channels, each with a message that the server has not counted."""
    store = ClientState(recent=count)
    infos = [ChannelInfo(number, f"channel {number}") for number in range(1, count // 2)]
    store.renew(infos)
    for info in infos:
        store.apply(MessagePosted(message(info.id, info.id)), 0.0)
    store.counted = 1
    store.renew(infos)


def counted_anew(count: int) -> None:
    """As many counts of one channel as it has messages."""
    store = ClientState(recent=count)
    store.me = Me(2, 6, "Alice")
    store.renew([ChannelInfo(1, "general")])
    for number in range(1, count // 2):
        store.apply(MessagePosted(message(number)), 0.0)
    for number in range(1, count // 2):
        store.patch_channel(ChannelPatch(1, unread=0, unread_from=number))
        store.apply(MessageSeen(ChannelRef(1), Author(6), number), 0.0)


def reacted(count: int) -> None:
    """As many different reactions under one message."""
    store = ClientState()
    store.apply(MessagePosted(message(1)), 0.0)
    for number in range(count):
        store.apply(ReactionChanged(1, f"{number}", 1, (Author(7),)), 0.0)
    found = store.message(1)
    assert found is not None
    assert len(found.reactions) == count


def reacted_while_read(count: int) -> None:
    """The same, when the message was read after the first of them, as the chat screen does."""
    store = ClientState()
    store.apply(MessagePosted(message(1)), 0.0)
    for number in range(count):
        store.apply(ReactionChanged(1, f"{number}", 1, (Author(7),)), 0.0)
    store.message(1)
    for number in range(count):
        store.apply(ReactionChanged(1, f"{number}", 2, (Author(7),)), 0.0)
    found = store.message(1)
    assert found is not None
    assert {reaction.count for reaction in found.reactions} == {2}


def starred(count: int) -> None:
    store = ClientState(recent=count)
    for number in range(1, count):
        store.apply(StarChanged((number,), True), 0.0)


@pytest.mark.parametrize(
    "work",
    [
        seen_by_capacity,
        stars,
        owned,
        written,
        admitted,
        posted,
        deleted,
        renewed,
        counted_anew,
        reacted,
        reacted_while_read,
        starred,
    ],
    ids=lambda work: work.__name__,
)
def test_the_time_grows_with_the_number_alone(work) -> None:
    assert grows_linearly(lambda text: work(len(text)), lambda size: "x" * size, 2_000)
