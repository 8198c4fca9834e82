"""The link machine: what it does after each failure, and what of the bus is new."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoochat.core.backoff import backoff
from odoochat.core.link import Dial, Link, Policy, Renew, Stop, Wait
from odoochat.core.retry import judge, outcome
from odoochat.errors import (
    AccessDenied,
    BadCredentials,
    Blocked,
    ConfigError,
    LinkClosed,
    LinkError,
    NotFound,
    ProtocolError,
    Rejected,
    ServerFault,
    SessionExpired,
    TimedOut,
    Unreachable,
    UsageError,
)
from odoochat.events import Via
from odoochat.wire.envelopes.frames import Internal, Malformed, Notification

LADDER = ("websocket", "peek", "rpc")


def link(*vias: str, random: float = 0.5) -> Link:
    return Link(vias or LADDER, random=lambda: random)  # type: ignore[arg-type]


def dial(via: Via, last: int) -> Dial:
    """What is dialled; a transport below which there is another one must prove itself soon."""
    return Dial(via, last, None if via == "rpc" else Policy().prove)


def row(number: int) -> Notification:
    return Notification(number, "t", {})


def opened(made: Link, now: float = 0.0) -> Link:
    assert isinstance(made.next(now), Dial)
    made.opened(now)
    return made


@pytest.mark.parametrize("code", [1002, 1003, 1006, 1007, 1008, 1009, 1010, 1011, 1014, 4003, 4444])
def test_most_closes_wait_a_little_and_dial_again(code):
    made = opened(link())
    made.failed(LinkClosed(code), 100.0)
    wait = made.next(100.0)
    assert isinstance(wait, Wait)
    assert (wait.via, wait.seconds) == ("websocket", 0.5)
    assert str(code) in wait.reason
    assert made.next(100.5) == dial("websocket", 0)


def test_4002_is_dialled_again_at_once():
    made = opened(link())
    made.failed(LinkClosed(4002), 4000.0)
    assert made.next(4000.0) == dial("websocket", 0)


def test_4002_before_it_was_open_is_no_reason_to_hurry():
    made = link()
    made.next(0.0)
    made.failed(LinkClosed(4002), 0.1)
    assert isinstance(made.next(0.1), Wait)


def test_4001_asks_for_a_fresh_session_first():
    made = opened(link())
    made.failed(LinkClosed(4001), 10.0)
    assert isinstance(made.next(10.0), Renew)
    assert isinstance(made.next(10.0), Renew), "until there is one"
    made.renewed()
    assert made.next(10.0) == dial("websocket", 0)


def test_sessions_that_die_at_once_are_not_asked_for_in_a_hurry():
    made = link()
    for _ in range(2):
        made.failed(SessionExpired("x"), 0.0)
        assert isinstance(made.next(0.0), Renew)
        made.renewed()
    made.failed(SessionExpired("x"), 0.0)
    assert isinstance(made.next(0.0), Wait)


def test_without_a_session_the_next_transport_is_offered():
    made = opened(link())
    made.failed(LinkClosed(4001), 10.0)
    made.offer(("rpc",))
    assert made.next(10.0) == dial("rpc", 0)
    made.offer((), BadCredentials("no"))
    assert isinstance(made.next(10.0), Stop)


def test_outdated_version_is_asked_for_once():
    made = opened(link())
    made.failed(LinkClosed(1000, "OUTDATED_VERSION"), 0.1)
    assert made.next(0.1) == dial("websocket", 0), "the version is asked before each dial"
    made.failed(LinkClosed(1000, "OUTDATED_VERSION"), 0.2)
    assert isinstance(made.next(0.2), Wait)


def test_1013_slows_down():
    made = opened(link(random=0.0))
    made.failed(LinkClosed(1013), 10.0)
    step = made.next(10.0)
    assert isinstance(step, Wait)
    assert step.seconds >= 2.0


def test_1001_has_a_wide_jitter():
    waits = []
    for draw in (0.0, 0.5, 1.0):
        made = opened(link(random=draw))
        made.failed(LinkClosed(1001), 10.0)
        step = made.next(10.0)
        assert isinstance(step, Wait)
        waits.append(step.seconds)
    assert waits[0] == 0.0
    assert waits[2] - waits[0] >= 10.0


@pytest.mark.parametrize("error", [BadCredentials("x"), ConfigError("x"), UsageError("x"), SessionExpired("x")])
def test_no_answer_to_a_transport_ends_the_link(error):
    made = link()
    for turn in range(30):
        said = made.next(float(turn))
        while isinstance(said, Wait):
            said = made.next(float(turn))
        if isinstance(said, Renew):
            made.renewed()
            said = made.next(float(turn))
        assert isinstance(said, Dial | Wait)
        made.failed(error, float(turn))


def test_a_server_that_asks_for_time_gets_it():
    made = link(random=0.0)
    for _ in range(3):
        made.next(0.0)
        made.failed(Blocked("maintenance", status=503, retry_after=30.0), 0.0)
        said = made.next(0.0)
        assert isinstance(said, Wait)
        assert said.seconds == 30.0
    made.failed(Blocked("maintenance", status=503, retry_after=86400.0), 0.0)
    said = made.next(0.0)
    assert isinstance(said, Wait)
    assert said.seconds == Policy().cap


@pytest.mark.parametrize("status", [400, 403, 404, 426, 500, 502, 503, 504])
def test_three_refused_handshakes_lead_to_the_next_transport(status):
    made = link()
    for _ in range(2):
        assert made.next(0.0) == dial("websocket", 0)
        made.failed(ProtocolError("x", status=status), 0.0)
        assert isinstance(made.next(0.0), Wait)
    made.next(0.0)
    made.failed(ProtocolError("x", status=status), 0.0)
    assert made.next(0.0) == dial("peek", 0)


def test_a_host_that_is_down_is_no_reason_to_change_the_transport():
    made = link()
    for _ in range(20):
        assert made.next(0.0) == dial("websocket", 0)
        made.failed(Unreachable("refused", sent=False), 0.0)
        assert isinstance(made.next(0.0), Wait)


def polling(*vias: str) -> Link:
    """A link that polls, since its first transport failed three times."""
    made = link(*vias)
    for _ in range(3):
        made.next(0.0)
        made.failed(LinkError("silent"), 0.0)
        if made._wait:
            made.next(0.0)
    return made


def test_from_below_the_better_ones_are_dialled_beside_the_open_one_until_one_takes_over():
    made = polling("websocket", "peek")
    assert made.next(0.0) == Dial("peek", 0)
    made.opened(0.0)
    first = made.upgrade_in(0.0)
    assert first == Policy().upgrade
    assert made.upgrades(first) == [Dial("websocket", 0)], "beside the other, it has time"
    made.upgrade_failed(first)
    assert made.is_open, "the lower one goes on meanwhile"
    assert made.upgrade_in(first) == 2 * Policy().upgrade
    made.upgraded("websocket", 100.0)
    assert (made.via, made.is_open, made.upgrade_in(100.0)) == ("websocket", True, None)


def test_a_transport_that_hangs_is_left_at_once():
    made = link()
    made.next(0.0)
    made.failed(TimedOut("no answer to the handshake"), 5.0, hung=True)
    assert made.next(5.0) == dial("peek", 0)
    made.failed(TimedOut("no answer"), 10.0, hung=True)
    assert made.next(10.0) == dial("rpc", 0)
    made.failed(TimedOut("no answer"), 40.0, hung=True)
    assert isinstance(made.next(40.0), Wait), "below the last one there is none"


def test_a_server_that_hangs_altogether_says_nothing_against_a_transport():
    made = link()
    made.next(0.0)
    made.failed(TimedOut("no answer"), 30.0)
    assert isinstance(made.next(30.0), Wait)
    assert made.via == "websocket"


def test_a_transport_that_denies_a_session_that_lives_is_left_at_once():
    made = link()
    made.next(0.0)
    made.failed(SessionExpired("who are you?"), 0.1)
    assert isinstance(made.next(0.1), Renew)
    made.session_lives(0.2)
    assert made.next(0.2) == dial("peek", 0)
    made.failed(SessionExpired("who are you?"), 0.3)
    made.next(0.3)
    made.session_lives(0.4)
    assert made.next(0.4) == dial("rpc", 0)


def test_a_transport_that_is_the_only_one_is_tried_again_when_it_denies_a_session_that_lives():
    made = link("websocket")
    for turn in range(20):
        said = made.next(float(turn))
        while isinstance(said, Wait):
            said = made.next(float(turn))
        assert said == Dial("websocket", 0)
        made.failed(LinkClosed(4001), float(turn))
        assert isinstance(made.next(float(turn)), Renew | Wait)
        made.session_lives(float(turn))
        assert isinstance(made.next(float(turn)), Wait)


def test_an_open_link_that_is_closed_with_a_session_that_lives_is_dialled_again():
    made = opened(link())
    made.failed(LinkClosed(4001), 100.0)
    made.next(100.0)
    made.session_lives(100.1)
    assert made.next(100.1) == dial("websocket", 0), "somebody else renewed it"


def test_at_the_bottom_it_begins_anew_from_the_top():
    made = link("websocket", "peek")
    dialled = []
    for _ in range(7):
        step = made.next(0.0)
        while isinstance(step, Wait):
            step = made.next(0.0)
        assert isinstance(step, Dial)
        dialled.append(step.via)
        made.failed(LinkError("x"), 0.0)
    assert dialled == ["websocket"] * 3 + ["peek"] * 3 + ["websocket"]


def test_a_link_that_lived_makes_the_waits_short_again():
    made = link(random=1.0)
    for _ in range(2):
        made.next(0.0)
        made.failed(LinkError("x"), 0.0)
        made.next(0.0)
    opened(made, 0.0)
    made.failed(LinkClosed(1006), 60.0)
    step = made.next(60.0)
    assert isinstance(step, Wait)
    assert step.seconds == 1.0


def test_each_notification_is_new_once_in_any_order():
    made = opened(link())
    assert [n.id for n in made.received([row(27), row(30), row(28)], 1.0)] == [27, 30, 28]
    assert [n.id for n in made.received([row(28), row(29), row(30)], 2.0)] == [29]
    assert made.newest == 30


def test_a_new_link_asks_again_for_the_last_seconds():
    made = opened(link())
    made.received([row(10)], 100.0)
    made.received([row(20)], 110.0)
    made.received([row(30)], 120.0)
    made.failed(LinkClosed(4002), 121.0)
    assert made.next(121.0) == dial("websocket", 10)
    assert made.last(128.0) == 20
    assert made.last(140.0) == 30


def test_after_a_long_gap_the_bus_is_not_asked_for_it():
    made = opened(link())
    made.received([row(10)], 0.0)
    made.alive(50.0)
    assert made.last(50.0 + 80.0) == 10
    assert made.last(50.0 + 100.0) == 0


def test_the_first_id_leaves_room_for_lower_ones():
    made = opened(link())
    made.received([row(10)], 100.0)
    assert made.last(101.0) == 0, "what was committed late may lie below the first one"


def test_what_was_newest_some_seconds_ago():
    made = opened(link())
    made.received([row(10)], 100.0)
    made.received([row(20)], 110.0)
    assert [made.recent(now, 5.0) for now in (99.0, 104.0, 105.0, 116.0)] == [0, 0, 10, 20]
    assert made.last(116.0) == 10, "asking leaves the longer memory alone"


def test_last_id_reset_and_forget():
    made = opened(link())
    made.received([row(1000)], 1.0)
    made.received([Internal("bus/last_id_reset", 5), Malformed("x")], 2.0)
    assert made.newest == 5
    assert [n.id for n in made.received([row(6), row(1000)], 3.0)] == [6, 1000]
    made.forget()
    assert made.newest == 0
    assert [n.id for n in made.received([row(6)], 3.0)] == [6]


@given(st.lists(st.sampled_from(["fail", "refuse", "close", "4001", "4002", "open", "upgrade", "time"]), max_size=60))
def test_never_two_dials_without_an_outcome_and_never_an_unknown_transport(steps):
    made = link(random=0.3)
    now, open_now, dialled = 0.0, False, False
    for step in steps:
        now += 1.0
        if not open_now and not dialled:
            said = made.next(now)
            while isinstance(said, Wait | Renew):
                assert not isinstance(said, Wait) or 0 <= said.seconds <= 70
                if isinstance(said, Renew):
                    made.renewed()
                said = made.next(now)
            assert isinstance(said, Dial)
            assert said.via in LADDER
            dialled = True
        match step:
            case "open" if dialled:
                made.opened(now)
                open_now, dialled = True, False
            case "upgrade" if open_now and made.upgrade_in(now) is not None:
                better = made.upgrades(now)
                assert better
                if int(now) % 2:
                    made.upgrade_failed(now)
                else:
                    made.upgraded(better[-1].via, now)
            case "fail" | "refuse" | "close" | "4001" | "4002" if open_now or dialled:
                error = {
                    "fail": TimedOut("x"),
                    "refuse": Unreachable("x"),
                    "close": LinkClosed(1006),
                    "4001": LinkClosed(4001),
                    "4002": LinkClosed(4002),
                }[step]
                made.failed(error, now)
                open_now = dialled = False
        assert made.is_open == open_now


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.floats(0.01, 5), st.floats(5, 100))
def test_backoff_is_full_jitter_under_a_growing_roof(draws, base, cap):
    numbers = iter(draws)
    seconds = backoff(lambda: next(numbers), base=base, cap=cap)
    roof = base
    for draw in draws:
        assert next(seconds) == pytest.approx(draw * roof)
        roof = min(cap, roof * 2)


@pytest.mark.parametrize(
    ("error", "known"),
    [
        (Unreachable("refused"), "not done"),
        (Unreachable("reset", sent=True), "unclear"),
        (TimedOut("x"), "unclear"),
        (ProtocolError("502", status=502), "unclear"),
        (ServerFault("builtins.ValueError", "x"), "unclear"),
        (AccessDenied("odoo.exceptions.AccessError", "x"), "refused"),
        (NotFound("x", "x"), "refused"),
        (Rejected("x", "x"), "refused"),
        (BadCredentials("x"), "refused"),
        (SessionExpired("x"), "not done"),
    ],
)
def test_what_is_known_of_a_call_that_raised(error, known):
    assert outcome(error) == known


def test_an_unknown_error_is_tried_again():
    assert judge(RuntimeError("x")) == "again"


def test_a_link_of_five_seconds_was_short_and_a_longer_one_begins_again() -> None:
    for lived, waits in ((5.0, [0.5, 1.0]), (5.1, [0.5, 0.5])):
        made, seconds = link(), []
        for start in (0.0, 100.0):
            opened(made, start)
            made.failed(LinkClosed(1006), start + lived)
            wait = made.next(start + lived)
            assert isinstance(wait, Wait)
            seconds.append(wait.seconds)
        assert seconds == waits, lived


def test_a_frame_after_five_seconds_forgets_earlier_failures() -> None:
    for at, rounds in ((105.0, 1.0), (105.1, 0.5)):
        made = opened(link())
        made.failed(LinkClosed(1006), 1.0)
        assert isinstance(made.next(1.0), Wait)
        opened(made, 100.0)
        made.received([row(1)], at)
        made.failed(LinkClosed(1006), 105.0)
        wait = made.next(at)
        assert isinstance(wait, Wait)
        assert wait.seconds == rounds, at


def test_the_reason_is_shown_while_the_link_waits_and_renews() -> None:
    made = opened(link())
    made.failed(SessionExpired("no such session"), 1.0)
    assert made.next(1.0) == Renew("no such session")
    for error in (LinkClosed(1013), LinkClosed(1001)):
        made = opened(link())
        made.failed(error, 10.0)
        wait = made.next(10.0)
        assert isinstance(wait, Wait)
        assert str(error.code) in wait.reason


def test_a_session_that_ends_again_and_again_is_renewed_after_a_wait() -> None:
    made = link()
    for _ in range(2):
        opened(made)
        made.failed(SessionExpired("ended"), 1.0)
        assert isinstance(made.next(1.0), Renew)
        made.renewed()
    for _ in range(3):
        made.failed(SessionExpired("ended"), 2.0)
    wait = made.next(2.0)
    assert isinstance(wait, Wait)
    assert (wait.via, wait.reason) == ("websocket", "ended")


def test_the_newest_id_of_some_seconds_ago() -> None:
    made = opened(link())
    assert made.recent(0.0, 5.0) == 0
    made.received([row(7)], 10.0)
    made.received([row(9)], 12.0)
    assert [made.recent(12.0, s) for s in (0.0, 1.0, 2.0, 3.0)] == [9, 7, 7, 0]
    assert made.recent(12.0, 1000.0) == 0


def test_an_end_without_a_reason_is_a_normal_close() -> None:
    made = link()
    made.offer(())
    end = made.next(0.0)
    assert isinstance(end, Stop)
    assert isinstance(end.error, LinkClosed)
    assert end.error.code == 1000


def test_a_policy_sets_the_waits() -> None:
    made = Link(LADDER, random=lambda: 1.0, policy=Policy(base=3.0, cap=4.0))  # type: ignore[arg-type]
    seconds: list[float] = []
    for _ in range(2):
        made.failed(LinkClosed(1006), 0.0)
        wait = made.next(0.0)
        assert isinstance(wait, Wait)
        seconds.append(wait.seconds)
    expected = backoff(lambda: 1.0, base=3.0, cap=4.0)
    assert seconds == [next(expected), next(expected)]


def test_a_new_link_continues_after_the_last_id_without_a_frame() -> None:
    made = opened(link())
    made.received([row(7)], 10.0)
    made.failed(LinkClosed(1006), 10.0)
    assert isinstance(made.next(10.0), Wait)
    stale = Policy().stale
    opened(made, 10.0 + stale)
    assert made.last(10.0 + 2 * stale) == 7, "the link that opened has shown that the server lives"
    assert made.last(10.1 + 2 * stale) == 0


def test_only_a_late_upgrade_is_due_at_once() -> None:
    made = opened(link())
    for _ in range(3):
        made.failed(LinkClosed(1006), 0.0)
    made.next(0.0)
    made.opened(1.0)
    first = made.upgrade_in(1.0)
    assert first is not None
    assert 0.0 < first <= Policy().upgrade
    assert made.upgrade_in(1.0 + first) == 0.0
    assert made.upgrade_in(1000.0) == 0.0


def test_a_fall_after_a_busy_server_waits_on_the_next_transport() -> None:
    made = link()
    for _ in range(3):
        made.failed(LinkClosed(1013), 0.0)
    wait = made.next(0.0)
    assert isinstance(wait, Wait)
    assert (wait.via, wait.seconds, "1013" in wait.reason) == ("peek", Policy().slow, True)


def test_the_reason_of_a_rejected_session_stays_when_the_session_is_valid() -> None:
    made = link("websocket")
    made.failed(SessionExpired("rejected here"), 0.0)
    made.session_lives(0.0)
    wait = made.next(0.0)
    assert isinstance(wait, Wait)
    assert wait.reason == "rejected here"
    made.session_lives(0.0)
    wait = made.next(0.0)
    assert isinstance(wait, Wait)
    assert "4001" in wait.reason


def vias_after(made: Link, errors: list[Exception], at: float = 0.0) -> list[str]:
    """The transport after each failure."""
    found: list[str] = []
    for error in errors:
        made.failed(error, at)
        made.next(at)
        found.append(made.via)
    return found


def test_three_failures_in_a_row_are_counted_anew_on_each_transport() -> None:
    expected = [*["websocket"] * 2, *["peek"] * 3, *["rpc"] * 3, *["websocket"] * 3, "peek"]
    assert vias_after(link(), [LinkClosed(1006)] * 12) == expected
    assert vias_after(link(), [LinkClosed(1001)] * 12) == expected


def test_a_link_that_worked_begins_the_count_again() -> None:
    made = link()
    vias_after(made, [LinkClosed(1006)] * 2)
    opened(made, 100.0)
    assert vias_after(made, [LinkClosed(1006)] * 3, 200.0) == ["websocket", "websocket", "peek"]


def test_other_transports_begin_the_count_again() -> None:
    made = link()
    vias_after(made, [LinkClosed(1006)] * 2)
    made.offer(("peek", "rpc"))
    assert vias_after(made, [LinkClosed(1006)] * 3) == ["peek", "peek", "rpc"]


def test_the_first_close_for_another_version_is_followed_at_once() -> None:
    made = link()
    made.next(0.0)
    made.failed(LinkClosed(1000, "OUTDATED_VERSION"), 0.0)
    assert isinstance(made.next(0.0), Dial)
    made.failed(LinkClosed(1000, "OUTDATED_VERSION"), 0.0)
    assert isinstance(made.next(0.0), Wait)


def test_the_third_renewal_after_an_open_link_waits() -> None:
    made = opened(link())
    steps: list[type] = []
    for _ in range(3):
        made.failed(SessionExpired("ended"), 0.0)
        steps.append(type(made.next(0.0)))
    assert steps == [Renew, Renew, Wait]
