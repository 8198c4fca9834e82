"""Growth.

A client keeps its state in memory, and the event loop waits while the state changes. This compares the CPU time of each
step with that for an eighth of the data: 1 means linear growth, 8 quadratic growth. It also compares the time for which
the largest single step blocks the event loop with 20 ms. No server is involved.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from datetime import UTC, datetime

from bench.figures import Figure, in_turn
from odoochat.core.inbox import InboxState
from odoochat.core.state import ClientState
from odoochat.events import MessagePosted, MessageSeen, StarChanged
from odoochat.model import Author, ChannelInfo, ChannelRef, Me, Message
from odoochat.wire.updates import ChannelPatch

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ME = Me(2, 6, "Alice")
FACTOR = 8
STALL = 20.0
CHANNELS, MESSAGES = 1_000, 5_000

Work = Callable[[], object]


def message(number: int, channel: int = 1) -> Message:
    """Return a message from another user.

    Args:
        number: the message's id.
        channel: the channel's id.
    """
    return Message(number, ChannelRef(channel), Author(7), "t", "<p>t</p>", NOON, written=NOON)


def filled(channels: int, messages: int) -> ClientState:
    """Return the state of a client with channels and messages that the server has not counted.

    Args:
        channels: number of channels.
        messages: total number of messages.
    """
    state = ClientState(recent=messages)
    state.me = ME
    state.renew([ChannelInfo(number, f"channel {number}") for number in range(1, channels + 1)])
    for number in range(1, messages + 1):
        state.apply(MessagePosted(message(number, 1 + number % channels)), 0.0)
    return state


def renewal(count: int) -> tuple[Work, int]:
    """Reload the channels.

    Args:
        count: number of channels; there are five times as many messages.

    Returns:
        The function to measure, and its number of steps.
    """
    state = filled(count, 5 * count)
    infos = [ChannelInfo(number, f"channel {number}") for number in range(1, count + 1)]
    return lambda: state.renew(infos), count


def own_mark(count: int) -> tuple[Work, int]:
    """Read a channel with many messages, one after another.

    Args:
        count: number of messages.

    Returns:
        The same values as `renewal`.
    """
    state = filled(1, count)

    def read() -> None:
        for number in range(1, count + 1):
            state.patch_channel(ChannelPatch(1, unread=0, unread_from=number))
            state.apply(MessageSeen(ChannelRef(1), Author(6), number), 0.0)

    return read, count


def stars(count: int) -> tuple[Work, int]:
    """Star messages one after another.

    Args:
        count: number of messages.

    Returns:
        The same values as `renewal`.
    """
    state, inbox = filled(1, count), InboxState()

    def star() -> None:
        for number in range(1, count + 1):
            inbox.star([number], True)
            state.apply(StarChanged((number,), True), 0.0)

    return star, count


def posts(count: int) -> tuple[Work, int]:
    """Receive ten times as many messages as are kept.

    Args:
        count: number of messages.

    Returns:
        The same values as `renewal`.
    """
    state, new = ClientState(recent=max(count // 10, 1)), [message(number) for number in range(1, count + 1)]

    def post() -> None:
        for each in new:
            state.apply(MessagePosted(each), 0.0)

    return post, count


def cpu(make: Callable[[int], tuple[Work, int]], count: int) -> float:
    """Return the CPU time of one step, in microseconds.

    Args:
        make: returns the function to measure, and its number of steps.
        count: the argument of `make`.
    """
    work, steps = make(count)
    gc.collect()
    begun = time.process_time()
    work()
    return (time.process_time() - begun) * 1e6 / steps


def run(*, quick: bool = False) -> list[Figure]:
    """Measure each at two sizes in turn.

    Args:
        quick: whether to take only a few measurements.
    """
    rounds, size = (2, 200) if quick else (9, 1_000)
    kinds = {
        "channels read anew, each": renewal,
        "own read mark, each": own_mark,
        "star, each": stars,
        "message, each, with a full memory": posts,
    }
    found: list[Figure] = []
    for name, make in kinds.items():
        large, small = in_turn(rounds, lambda m=make: cpu(m, size * FACTOR), lambda m=make: cpu(m, size))
        found.append(Figure(f"{name}, {size * FACTOR:,}", "µs", large, small, 1.5, against=f"{size:,}"))
    state = filled(CHANNELS, MESSAGES)
    infos = [ChannelInfo(number, f"channel {number}") for number in range(1, CHANNELS + 1)]
    stalls: list[float] = []
    for _ in range(2 * rounds):
        begun = time.process_time()
        state.renew(infos)
        stalls.append((time.process_time() - begun) * 1000)
    what = f"{CHANNELS:,} channels read anew with {MESSAGES:,} messages known"
    return [*found, Figure(what, "ms", stalls, [STALL], 1.0, against=f"{STALL:g} ms", limit=True)]
