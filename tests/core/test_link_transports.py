"""The link's state machine over several turns: renewals, changes of transport, ids of notifications."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoochat.core.link import Dial, Link, Policy, Stop, Wait
from odoochat.errors import (
    BadCredentials,
    LinkClosed,
    LinkError,
    ProtocolError,
    ServerFault,
    SessionExpired,
    TimedOut,
    Unreachable,
)
from odoochat.events import Via
from odoochat.wire.envelopes.frames import Internal, Malformed, Notification

VIAS: tuple[Via, ...] = ("websocket", "peek", "rpc")
CUT = LinkClosed(1006)
REFUSED = Unreachable("connection refused")
POLICY = Policy()


def link(*vias: Via, random: float = 0.5, policy: Policy = POLICY) -> Link:
    return Link(vias or VIAS, random=lambda: random, policy=policy)


def dial(via: Via, last: int) -> Dial:
    """What is dialled; a transport below which there is another one must prove itself soon."""
    return Dial(via, last, None if via == "rpc" else Policy().prove)


def opened(machine: Link, now: float = 0.0) -> Link:
    assert isinstance(machine.next(now), Dial)
    machine.opened(now)
    return machine


def wait(machine: Link, now: float) -> Wait:
    step = machine.next(now)
    assert isinstance(step, Wait), step
    return step


def note(*ids: int) -> list[Notification]:
    return [Notification(i, "x", None) for i in ids]


def ids(items: list[Notification]) -> list[int]:
    return [i.id for i in items]


# ---------------------------------------------------------------- after each close code


@pytest.mark.parametrize("code", [1001, 1012])
def test_when_everybody_was_cut_they_do_not_come_back_at_once(code: int) -> None:
    spread = set()
    for random in (0.0, 0.25, 0.5, 0.75, 1.0):
        machine = opened(link(random=random))
        machine.failed(LinkClosed(code), 100.0)
        spread.add(wait(machine, 100.0).seconds)
    assert min(spread) == 0.0
    assert max(spread) == POLICY.wide
    assert len(spread) == 5


def test_a_planned_renewal_is_answered_at_once() -> None:
    machine = opened(link())
    for turn in range(5):
        machine.failed(LinkClosed(4002), 3600.0 * turn)
        assert isinstance(machine.next(3600.0 * turn), Dial)
        machine.opened(3600.0 * turn)
    assert machine.via == "websocket"


def test_an_outdated_version_is_asked_anew_once() -> None:
    outdated = LinkClosed(1000, "OUTDATED_VERSION")
    machine = opened(link())
    machine.failed(outdated, 100.0)
    assert isinstance(machine.next(100.0), Dial), "at once, with the new version"
    machine.failed(outdated, 100.0)
    wait(machine, 100.0)
    assert isinstance(machine.next(101.0), Dial)
    machine.opened(101.0)
    machine.failed(outdated, 200.0)
    assert isinstance(machine.next(200.0), Dial), "after a link that opened, once again"


# ------------------------------------------------------------------ up and down the ladder

HTTP = [
    ProtocolError("no upgrade", status=400),
    ProtocolError("no upgrade", status=404),
    ProtocolError("no upgrade", status=426),
    ProtocolError("no upgrade", status=500),
    ProtocolError("no upgrade", status=502),
    ProtocolError("no upgrade", status=303),
    TimedOut("no answer"),
    ServerFault("builtins.RuntimeError", "wrong port"),
    Unreachable("cut in the middle", sent=True),
    CUT,
]


@pytest.mark.parametrize("error", HTTP, ids=repr)
def test_three_failures_choose_the_next_lower_transport(error: Exception) -> None:
    machine = link()
    ladder: list[tuple[Via, Via]] = [("websocket", "peek"), ("peek", "rpc"), ("rpc", "websocket")]
    for via, following in ladder:
        for turn in range(3):
            assert machine.next(0.0) == dial(via, 0)
            machine.failed(error, 0.0)
            if turn < 2:
                wait(machine, 0.0)
        assert machine.via == following


def test_a_lower_transport_is_tried_at_once_and_the_best_one_again_after_a_wait() -> None:
    machine = link("websocket", "rpc")
    for _ in range(3):
        while not isinstance(machine.next(0.0), Dial):
            pass
        machine.failed(CUT, 0.0)
    assert machine.next(0.0) == dial("rpc", 0)
    for _ in range(3):
        machine.failed(CUT, 0.0)
        wait(machine, 0.0)
        last = machine.next(0.0)
    assert last == dial("websocket", 0)


def test_a_link_that_dies_young_three_times_leads_down() -> None:
    machine = link()
    for turn in range(3):
        now = turn * 10.0
        while not isinstance(machine.next(now), Dial):
            pass
        machine.opened(now)
        machine.received(note(turn + 1), now + 1.0)
        machine.failed(CUT, now + 1.0)
    assert machine.via == "peek"


def on_lower(now: float = 0.0) -> Link:
    """A machine that polls, since the WebSocket failed three times."""
    machine = link()
    for _ in range(3):
        while not isinstance(machine.next(now), Dial):
            pass
        machine.failed(CUT, now)
    assert machine.next(now) == dial("peek", 0)
    machine.opened(now)
    return machine


def test_from_the_lowest_transport_all_better_ones_are_tried_best_first() -> None:
    machine = on_lower()
    for _ in range(3):
        machine.failed(CUT, 1.0)
        while not isinstance(machine.next(1.0), Dial):
            pass
    machine.opened(1.0)
    assert machine.via == "rpc"
    assert [step.via for step in machine.upgrades(20.0)] == ["websocket", "peek"]
    machine.upgraded("peek", 20.0)
    assert machine.via == "peek"  # type: ignore[comparison-overlap]
    assert machine.upgrade_in(20.0) == POLICY.upgrade
    machine.upgraded("websocket", 40.0)
    assert machine.upgrade_in(40.0) is None


def test_upgrades_that_fail_come_later_each_time() -> None:
    machine = on_lower()
    now, waits = 0.0, []
    for _ in range(8):
        left = machine.upgrade_in(now)
        assert left is not None
        waits.append(left)
        now += left
        machine.upgrade_failed(now)
    assert waits == [15.0, 30.0, 60.0, 120.0, 240.0, 300.0, 300.0, 300.0]
    assert machine.is_open


def test_after_an_upgrade_the_next_fall_begins_with_short_waits_again() -> None:
    machine = on_lower()
    for _ in range(4):
        machine.upgrade_failed(0.0)
    machine.upgraded("websocket", 500.0)
    for _ in range(3):
        machine.failed(CUT, 500.0)
        while not isinstance(machine.next(500.0), Dial):
            pass
    machine.opened(500.0)
    assert (machine.via, machine.upgrade_in(500.0)) == ("peek", POLICY.upgrade)


def test_the_best_transport_has_no_upgrade() -> None:
    machine = opened(link())
    assert machine.upgrade_in(1e6) is None


def test_other_transports_are_offered() -> None:
    machine = opened(link())
    machine.failed(LinkClosed(4001), 10.0)
    machine.offer(("rpc",))
    assert machine.next(10.0) == dial("rpc", 0)
    gone = BadCredentials("changed")
    machine.offer((), gone)
    assert machine.next(10.0) == Stop(gone)


def test_the_same_ladder_offered_again_changes_nothing() -> None:
    machine = on_lower()
    machine.offer(VIAS)
    assert machine.via == "peek"


ERRORS = st.sampled_from(
    [*HTTP, REFUSED, LinkError("a doubt"), SessionExpired("over"), LinkClosed(1000, "OUTDATED_VERSION")]
    + [LinkClosed(c) for c in (1000, 1001, 1011, 1012, 1013, 4001, 4002, 4003)]
)


def test_what_comes_next_is_said_in_words() -> None:
    machine = opened(link())
    assert machine.intent(0.0) == "websocket at once"
    machine.failed(CUT, 10.0)
    assert machine.intent(10.0) == "websocket again in 0.5 s"
    machine.next(10.0)
    machine.failed(LinkClosed(4001), 11.0)
    assert machine.intent(11.0) == "a fresh session first"
    machine.offer((), None)
    assert machine.intent(11.0) == "giving up"


# ----------------------------------------------------------------------- what is new


@given(st.lists(st.lists(st.integers(1, 30), max_size=6), max_size=10))
def test_any_frames_give_each_id_once(frames: list[list[int]]) -> None:
    machine = opened(link())
    new = [i for n, frame in enumerate(frames) for i in ids(machine.received(note(*frame), float(n)))]
    assert sorted(new) == sorted({i for frame in frames for i in frame})
    assert machine.newest == max(new, default=0)


def test_what_is_no_notification_is_passed_over() -> None:
    machine = opened(link())
    items: list[Any] = [Malformed("?"), Internal("bus/subscription_outdated"), *note(1), Malformed("!")]
    assert ids(machine.received(items, 1.0)) == [1]


def test_a_quiet_link_that_is_alive_has_no_gap() -> None:
    machine = opened(link())
    machine.received(note(100), 10.0)
    machine.alive(500.0)
    machine.failed(CUT, 510.0)
    assert machine.last(520.0) == 100


def test_ids_that_fell_back_are_followed() -> None:
    machine = opened(link())
    machine.received(note(1000, 1001), 10.0)
    assert ids(machine.received([Internal("bus/last_id_reset", 7), *note(8)], 11.0)) == [8]
    assert machine.newest == 8
    assert ids(machine.received(note(1000), 12.0)) == [1000], "old ids mean others now"


def test_a_reset_without_an_id_forgets_all() -> None:
    machine = opened(link())
    machine.received(note(1000), 10.0)
    assert machine.received([Internal("bus/last_id_reset", None)], 11.0) == []
    assert machine.newest == 0
    assert machine.last(12.0) == 0


def test_a_restored_database_is_forgotten() -> None:
    machine = opened(link())
    machine.received(note(1000), 10.0)
    machine.forget()
    assert (machine.newest, machine.last(30.0)) == (0, 0)
    assert ids(machine.received(note(3, 1000), 31.0)) == [3, 1000]


def test_the_marks_do_not_grow_for_ever() -> None:
    machine = opened(link())
    for number in range(10_000):
        machine.received(note(number), number / 1000)
    assert len(machine._marks) <= 4096
    assert len(machine._seen) == 10_000


@pytest.mark.parametrize(("lasted", "expected"), [(4.0, "peek"), (6.0, "websocket")])
def test_failures_are_forgotten_once_a_link_has_stayed_open(lasted: float, expected: Via) -> None:
    machine = link()
    for turn in range(3):
        while not isinstance(machine.next(0.0), Dial):
            pass
        if turn == 2:
            machine.opened(0.0)
            machine.received(note(1), lasted)
        machine.failed(CUT, lasted)
    assert machine.via == expected


def test_an_upgrade_to_a_transport_that_is_not_offered_any_more_keeps_the_place() -> None:
    machine = on_lower()
    machine.upgraded("longpoll", 5.0)
    assert machine.via == "peek"


def test_after_an_upgrade_failures_are_counted_from_none() -> None:
    machine = on_lower()
    machine.upgraded("websocket", 10.0)
    for _ in range(POLICY.failures - 1):
        machine.failed(CUT, 10.0)
        while not isinstance(machine.next(10.0), Dial):
            pass
        assert machine.via == "websocket"
    machine.failed(CUT, 10.0)
    assert machine.via == "peek"
