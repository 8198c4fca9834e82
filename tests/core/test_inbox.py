"""The inbox and the starred messages: single changes, the server's lists, and its counts."""

from __future__ import annotations

from odoochat.core.inbox import InboxState
from odoochat.model import EPOCH, Author, ChannelRef, Counters, Message
from odoochat.wire.updates import CountersPatch, Marked


def message(number: int, channel: int = 1) -> Message:
    return Message(number, ChannelRef(channel), Author(7), "t", "<p>t</p>", EPOCH)


def marked(inbox: dict[int, int], *starred: int) -> Marked:
    return Marked(inbox, frozenset(starred), complete=True)


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
    with inbox.reading() as reading:
        inbox.count(marked({1: 4, 2: 5, 3: 0}, 8), reading)
    assert [inbox.channel_of(number) for number in (1, 2, 3)] == [4, 5, 0]
    assert [inbox.in_channel(number) for number in (4, 5, 6)] == [1, 1, 0]
    assert inbox.counters == Counters(3, 1)


def test_what_changes_while_the_lists_are_read_is_newer_than_they_are() -> None:
    inbox = InboxState()
    inbox.put(message(1))
    inbox.star([8], True)
    with inbox.reading() as reading:
        inbox.take(1)
        inbox.put(message(2, 3))
        inbox.star([8], False)
        inbox.star([9], True)
        inbox.count(marked({1: 1, 4: 3}, 8), reading)
    assert [inbox.in_channel(1), inbox.in_channel(3)] == [0, 2]
    assert [inbox.channel_of(number) for number in (1, 2, 4)] == [0, 3, 3]
    assert inbox.counters == Counters(2, 1)
    assert inbox.known
    inbox.star([8], False)
    assert inbox.counters == Counters(2, 1), "message 9 is starred"


def test_lists_that_were_requested_earlier_are_ignored() -> None:
    inbox = InboxState()
    with inbox.reading() as first, inbox.reading() as second:
        inbox.count(marked({}, 8), second)
        inbox.count(marked({1: 1}), first)
    assert inbox.counters == Counters(0, 1)


def test_changes_after_the_lists_were_read_count_once() -> None:
    inbox = InboxState()
    with inbox.reading() as reading:
        inbox.count(marked({1: 1}), reading)
    inbox.put(message(1))
    inbox.put(message(2))
    inbox.take(3)
    assert inbox.in_channel(1) == 2
    assert [inbox.take(1), inbox.take(1)] == [1, 0]
    assert inbox.in_channel(1) == 1


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


def test_nothing_is_known_before_the_lists_are_read() -> None:
    inbox = InboxState()
    assert (inbox.known, inbox.complete, inbox.counters) == (False, False, Counters(0, 0))
