"""The inbox and the starred messages: single changes, the server's lists, and its counts."""

from __future__ import annotations

from odoochat.core.inbox import InboxState
from odoochat.model import EPOCH, Author, ChannelRef, Counters, Message
from odoochat.wire.updates import CountersPatch


def message(number: int, channel: int = 1) -> Message:
    return Message(number, ChannelRef(channel), Author(7), "t", "<p>t</p>", EPOCH)


def test_a_message_is_put_and_taken_once() -> None:
    inbox = InboxState()
    assert [inbox.put(message(5, 2)), inbox.put(message(5, 2)), inbox.put(message(6, 3))] == [1, 0, 1]
    assert inbox.counters == Counters(2, 0)
    assert inbox.holds([5, 6])
    assert not inbox.holds([5, 7])
    assert (inbox.channel_of(5), inbox.channel_of(7)) == (2, 0)
    assert [inbox.take(5), inbox.take(5)] == [2, 0]
    assert inbox.counters == Counters(1, 0)


def test_stars_come_and_go() -> None:
    inbox = InboxState()
    inbox.star([1, 2], True)
    inbox.star([2, 3], False)
    assert inbox.counters == Counters(0, 1)


def test_the_servers_lists_replace_what_was_known() -> None:
    inbox = InboxState()
    inbox.put(message(1, 4))
    inbox.patch(CountersPatch(inbox=9, starred=9))
    inbox.count([1, 2, 3], [8], lambda number: {2: 5}.get(number, 0))
    assert [inbox.channel_of(number) for number in (1, 2, 3)] == [4, 5, 0]
    assert inbox.counters == Counters(3, 1)


def test_a_count_of_the_server_may_exceed_what_is_listed() -> None:
    inbox = InboxState()
    inbox.put(message(1))
    inbox.star([1], True)
    inbox.patch(CountersPatch(inbox=12))
    assert inbox.counters == Counters(12, 1)
    inbox.patch(CountersPatch(starred=7))
    assert inbox.counters == Counters(12, 7)
    inbox.put(message(2))
    assert inbox.counters == Counters(13, 7)
    inbox.patch(CountersPatch(inbox=0, starred=0))
    inbox.take(1)
    assert inbox.counters == Counters(0, 0), "never below zero"
