"""What was delivered, and the question for what is missing, asked of a small table."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoochat.core.catchup import RECENT, Catchup
from odoochat.model import Author, ChannelRef, Message
from odoochat.wire.values import when

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def message(number: int, *, channel: int = 1, at: int = 0, edited: int | None = None) -> Message:
    moment = NOON + timedelta(seconds=at)
    written = NOON + timedelta(seconds=at if edited is None else edited)
    return Message(number, ChannelRef(channel, "c"), Author(1), "t", "<p>t</p>", moment, written=written)


def matches(row: Message, domain: list) -> bool:
    """Odoo's prefix notation over a message."""
    terms = list(domain)
    values = {"id": row.id, "res_id": row.channel.id, "write_date": row.written}

    def term() -> bool:
        head = terms.pop(0)
        if head in ("&", "|"):
            left, right = term(), term()
            return left and right if head == "&" else left or right
        field, operator, value = head
        have = values[field]
        if field == "write_date":
            value = when(value)
        return {
            ">": lambda: have > value,
            ">=": lambda: have >= value,
            "in": lambda: have in value,
            "not in": lambda: have not in value,
        }[operator]()

    result = True
    while terms:
        result = term() and result
    return result


def asked(account: Catchup, table: list[Message], now: float, channels=(1,), **how) -> list[int]:
    return [m.id for m in table if matches(m, account.missing(channels, now, **how))]


def begun(*ids: int, **how) -> Catchup:
    account = Catchup(**how)
    account.begin([message(i) for i in ids], now=0.0)
    return account


def test_what_was_there_is_old_and_what_comes_is_new_once():
    account = begun(5, 6, 7)
    assert not account.admit(message(6))
    assert not account.admit(message(3))
    assert account.admit(message(8))
    assert not account.admit(message(8))


def test_a_lower_id_that_appears_late_is_new():
    account = begun(5, 10)
    assert account.admit(message(20))
    assert account.judge(message(15)) == "new"
    assert asked(account, [message(i, at=1) for i in (5, 10, 15, 20)], 1.0)[:1] != []
    assert account.admit(message(15))
    assert not account.admit(message(15))


def test_only_what_is_missing_is_asked_for():
    account = begun(5, 10)
    account.admit(message(20, at=300))
    account.mark(1.0)
    table = [message(i, at=-1000) for i in (4, 5, 10)] + [
        message(20, at=300),
        message(15, at=290),
        message(25, at=301),
    ]
    there = {m.id: m for m in table}
    found = asked(account, table, 2.0)
    assert sorted(i for i in found if account.judge(there[i]) == "new") == [15, 25]
    assert set(found) <= {15, 20, 25}, "only the newest known one may come along, for an edit within its second"


def test_the_floor_follows_with_the_horizon():
    account = begun(5, horizon=100.0)
    account.admit(message(20))
    account.mark(50.0)
    assert account.admit(message(12)), "within the horizon"
    account.mark(149.0)
    account.mark(151.0)
    assert account.floor == 20
    assert not account.admit(message(13)), "beyond it"


def test_a_poll_asks_a_short_way_back():
    account = begun(5, near=30.0)
    account.admit(message(20))
    account.mark(10.0)
    account.admit(message(30))
    account.mark(35.0)
    assert account.near_floor(36.0) == 5
    assert account.near_floor(41.0) == 20


def test_pages_go_on_after_the_last_row():
    account = begun(5)
    table = [message(i, at=500) for i in range(6, 20)]
    assert asked(account, table, 1.0, after=10) == list(range(11, 20))


def test_only_the_channels_that_are_named_are_asked_for():
    account = begun(5)
    table = [message(6, channel=9, at=500), message(7, at=500)]
    assert asked(account, table, 1.0) == [7]
    assert asked(account, table, 1.0, channels=(1, 9)) == [6, 7]


def test_what_stood_in_a_channel_before_i_joined_is_not_delivered():
    account = begun(5)
    account.joined(9, NOON + timedelta(seconds=100))
    assert not account.admit(message(6, channel=9, at=50))
    assert account.admit(message(7, channel=9, at=100))


def test_edits_are_distinguished_from_what_is_known():
    account = begun(5, 6)
    account.mark(1.0)
    assert account.judge(message(5)) == "known"
    assert account.judge(message(5, edited=10)) == "edited"
    account.note_written(message(5, edited=10))
    assert account.judge(message(5, edited=10)) == "known"
    assert account.judge(message(2, edited=500)) == "edited", "an old message that was never seen"
    assert account.judge(message(2, edited=-500)) == "known"


def test_edits_are_asked_for():
    account = begun(5, 6)
    account.mark(1.0)
    table = [message(2, at=-9000), message(3, at=-9000, edited=60), message(5, edited=60), message(6)]
    assert {3, 5} <= set(asked(account, table, 2.0))
    assert 2 not in asked(account, table, 2.0)


def test_at_rest_the_questions_are_short_from_the_start():
    rows = [message(i) for i in range(1, 201)]
    account = Catchup()
    account.begin(rows, now=0.0, server_time=NOON + timedelta(seconds=601))
    assert len(str(account.missing([1], 0.0, anchors=[200]))) < 200
    assert asked(account, [*rows, message(201)], 0.0) == [201]
    assert account.judge(message(7)) == "known"
    edited = message(7, edited=700)
    assert asked(account, [*rows, edited], 0.0) == [7]
    assert account.judge(edited) == "edited"


@pytest.mark.parametrize("seconds", [None, 0, 599])
def test_what_was_stored_a_moment_ago_may_be_followed_by_lower_ids(seconds: int | None):
    rows = [message(i) for i in (1, 2, 4)]
    account = Catchup()
    account.begin(rows, now=0.0, server_time=None if seconds is None else NOON + timedelta(seconds=seconds))
    assert asked(account, [*rows, message(3)], 0.0, anchors=[]) == [1, 2, 4, 3]  # edits within this second come too
    assert account.judge(message(3)) == "new"


def test_too_many_ids_raise_the_floor():
    account = begun(1, capacity=100)
    for number in range(2, 400):
        assert account.admit(message(number))
    assert account.floor > 0
    assert not account.admit(message(2))


def test_the_account_survives_and_what_was_not_handled_comes_again():
    account = begun(5, 6)
    for number in (7, 8, 9):
        account.admit(message(number, at=number))
    account.joined(3, NOON)
    account.known_channels = {1, 3}
    kept = account.export(unhandled={8})
    other = Catchup()
    other.restore(kept, 0.0)
    assert other.known_channels == {1, 3}
    assert not other.admit(message(7))
    assert not other.admit(message(9))
    assert other.admit(message(8))


def test_what_a_slow_handler_has_in_hand_makes_nothing_after_it_come_again():
    account = begun(5, horizon=100.0)
    for number in range(6, 20):
        account.admit(message(number))
    account.mark(0.0)
    account.mark(200.0)
    assert account.floor == 19
    other = Catchup()
    other.restore(account.export(unhandled={8}), 0.0)
    assert [i for i in range(1, 25) if other.judge(message(i)) == "new"] == [8, 20, 21, 22, 23, 24]
    assert asked(other, [message(i, at=-9000) for i in range(1, 20)], 1.0) == [8]
    again = Catchup()
    again.restore(other.export(), 0.0)
    assert again.admit(message(8))
    assert not again.admit(message(8))
    assert again.export()["open"] == []


def test_when_a_message_was_stored_counts_not_its_date():
    account = begun(5)
    account.joined(9, NOON + timedelta(seconds=100))
    old_date = msgspec.structs.replace(message(6, channel=9, at=-9000), created=NOON + timedelta(seconds=150))
    assert account.admit(old_date)
    stored_before = msgspec.structs.replace(message(7, channel=9, at=50), created=NOON + timedelta(seconds=60))
    assert not account.admit(stored_before)
    slow_transaction = msgspec.structs.replace(message(10, channel=9, at=120), created=NOON + timedelta(seconds=50))
    assert account.admit(slow_transaction)
    assert account.admit(message(8, channel=9, at=-9000), live=True), "it was just posted"
    assert not account.admit(message(9, channel=9, at=-9000))


def test_after_a_restore_what_is_dated_later_is_new():
    account = begun(*range(50, 60))
    there = [message(i, at=-100) for i in (50, 51)] + [message(i, at=300) for i in (52, 53)]
    account.restart(there, NOON, 1.0)
    assert [m.id for m in there if account.admit(m)] == [52, 53]
    assert account.admit(message(54, at=301))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.permutations(range(10, 40)), st.lists(st.integers(0, 29), max_size=10), st.data())
def test_each_message_arrives_once_in_any_order_of_commits(order, cuts, data):
    """Rows become visible in any order; the live link delivers some, sweeps the rest."""
    account = begun(5)
    table: list[Message] = []
    delivered: list[int] = []
    for step, number in enumerate(order):
        row = message(number, at=step)
        table.append(row)
        if data.draw(st.booleans(), label="brought live") and account.admit(row):
            delivered.append(number)
        if step in cuts:
            for each in sorted(asked(account, table, float(step))):
                if account.judge(found := next(m for m in table if m.id == each)) == "new" and account.admit(found):
                    delivered.append(each)
            account.mark(float(step))
    for each in sorted(asked(account, table, 99.0)):
        if account.admit(next(m for m in table if m.id == each)):
            delivered.append(each)
    assert sorted(delivered) == sorted(order)


def test_after_a_restore_ids_above_the_backup_are_free_but_for_those_received_since():
    account = Catchup()
    account.begin([message(i) for i in range(1, 4)], now=0.0)
    for number in range(4, 9):
        account.admit(message(number))
    account.rewind(5, {8}, now=1.0)
    assert [n for n in range(1, 10) if account.judge(message(n)) == "new"] == [6, 7, 9]
    assert account.top == 8


def test_after_a_restore_a_freed_id_is_new_for_another_message_only() -> None:
    account = begun(5, 10)
    account.admit(message(11, at=1))
    account.free({10: NOON, 11: NOON + timedelta(seconds=1)})
    assert not account.admit(message(10)), "the removed message itself, replayed"
    assert account.judge(message(10)) == "known"
    again = Catchup()
    again.restore(account.export(), 2.0)
    for each in (account, again):
        assert each.top == 5
        assert ["id", "in", [10, 11]] in each.missing([1], 3.0)
        assert each.has_reused_id(message(10, at=60))
        assert each.judge(message(10, at=60)) == "new"
        assert [each.admit(message(10, at=60)) for _ in range(2)] == [True, False]
        assert each.admit(message(12, at=60))


def test_a_freed_id_is_awaited_until_newer_messages_have_passed_it() -> None:
    account = begun(5, 10, horizon=100.0)
    account.mark(1.0)
    account.free({10: NOON})
    for now in (102.0, 203.0):
        account.mark(now)
        assert ["id", "in", [10]] in account.missing([1], now)
    account.admit(message(11, at=300))
    for now in (300.0, 401.0):
        account.mark(now)
    assert account.floor == 11
    assert ["id", "in", [10]] not in account.missing([1], 402.0)
    assert not account.admit(message(10, at=300))


def test_the_last_delivered_messages_are_known_by_date_and_channel():
    account = begun(1)
    assert account.admit(message(2, channel=3, at=5))
    assert account.recent() == {1: (NOON, 1), 2: (NOON + timedelta(seconds=5), 3)}
    account.forget(1)
    account.forget(9)
    assert list(account.recent()) == [2]
    for number in range(3, 3 + RECENT):
        account.admit(message(number))
    assert list(account.recent()) == list(range(3, 3 + RECENT)), "the oldest are left out"


def test_a_restart_without_newer_messages_delivers_nothing():
    account = begun(50, 60)
    account.restart([message(3), message(4)], NOON + timedelta(seconds=1), 5.0)
    assert (account.floor, account.top) == (2, 4)
    assert account.judge(message(3)) == account.judge(message(4)) == "known"
    assert account.judge(message(5)) == "new"


def test_a_restart_to_an_empty_server_delivers_what_is_newer():
    account = begun(50, 60)
    account.restart([message(3, at=10), message(4, at=11)], NOON, 5.0)
    assert [account.judge(message(n, at=10)) for n in (3, 4)] == ["new", "new"]


def test_a_message_that_was_never_written_to_is_known():
    account = begun(5)
    unwritten = msgspec.structs.replace(message(5), written=None)
    assert account.judge(unwritten) == "known"
    account.note_written(unwritten)
    assert account.judge(message(5, edited=1)) == "edited"


def test_a_row_that_is_settled_but_was_not_read_is_known():
    account = Catchup()
    account.restore({"floor": 3, "settled": [5]}, 0.0)
    assert [account.judge(message(n)) for n in (2, 5, 6)] == ["known", "known", "new"]


def test_write_dates_are_kept_for_the_newest_messages():
    account = begun(*range(1, 6), capacity=3)
    # The write dates of 1 and 2 are forgotten: within the margin an edit cannot be told from what is known.
    assert [account.judge(message(n, edited=1)) for n in (3, 4, 5)] == ["edited"] * 3


def test_edits_are_asked_for_by_date_alone_when_none_is_known_after_the_page():
    account = begun(5)
    assert account.missing((1,), 0.0, after=5)[-1][0] == "write_date"


def test_a_channel_without_a_date_of_joining_delivers_all():
    account = begun(5)
    account.joined(1, NOON + timedelta(seconds=10))
    assert not account.admit(message(6, at=5)), "from before"
    account.joined(2, None)
    assert account.admit(message(7, channel=2, at=5))


def test_without_any_write_date_only_what_is_above_the_floor_is_asked_for():
    account = Catchup()
    account.restore({"floor": 3, "settled": []}, 0.0)
    assert account.missing((1,), 0.0) == [["res_id", "in", [1]], ["id", ">", 3]]


def test_the_floor_never_falls():
    account = begun(5, horizon=100.0)
    account.admit(message(20))
    account.mark(1.0)
    account.mark(102.0)
    account.mark(203.0)
    assert account.floor == 20


def test_an_account_is_kept_over_a_restart_whole():
    account = begun(5, 10)
    account.admit(message(20, channel=3, at=5))
    account.joined(3, NOON)
    account.known_channels = {1, 3}
    account.mark(1.0)
    kept = account.export([10])
    assert kept == {
        "floor": 4,
        "settled": [5, 20],
        "open": [10],
        "written": (NOON + timedelta(seconds=5)).isoformat(),
        "edited": {"5": NOON.isoformat(), "20": (NOON + timedelta(seconds=5)).isoformat()},
        "recent": {"5": [NOON.isoformat(), 1], "20": [(NOON + timedelta(seconds=5)).isoformat(), 3]},
        "channels": [1, 3],
        "joined": {"3": NOON.isoformat()},
        "freed": {},
    }
    again = Catchup()
    again.restore(kept, 2.0)
    assert again.export() == kept
    assert again.recent() == {5: (NOON, 1), 20: (NOON + timedelta(seconds=5), 3)}
    assert again.near_floor(100.0) == 20, "all that was kept was visible when it was restored"
    assert not again.admit(message(6, channel=3, at=-5)), "from before the user joined"
    again.mark(3.0)
    assert again.written == NOON + timedelta(seconds=5), "the newest write date goes on from the one that was kept"


def test_an_account_without_write_dates_is_kept_over_a_restart():
    kept = Catchup().export()
    assert kept["written"] is None
    again = Catchup()
    again.restore(kept, 0.0)
    assert again.written is None


def test_a_channel_that_is_joined_is_foreign_no_more():
    account = begun(5)
    account.foreign.add(3)
    account.foreign.add(4)
    account.joined(3, None)
    assert list(account.foreign) == [4]


def test_after_a_restore_the_known_messages_below_the_backup_stay_known():
    account = begun(1, 2, 3)
    account.restore(account.export([3]), 0.0)
    account.rewind(3, {5}, now=1.0)
    assert account.judge(message(3)) == "new", "it was not handled yet"
    assert list(account.recent()) == [1, 2]
    assert account.near_floor(100.0) == 5


def test_an_edit_in_the_second_of_the_margin_is_known():
    account = begun(5, margin=10.0)
    account.restore({"floor": 9, "settled": [], "written": NOON.isoformat()}, 0.0)
    assert account.judge(message(2, edited=0)) == "known"
    assert account.judge(message(2, edited=1)) == "edited"


def test_a_poll_asks_above_what_was_visible_long_enough():
    account = begun(5, near=30.0)
    assert account.near_floor(29.0) == 4
    assert account.near_floor(30.0) == 5


def test_the_floor_leaves_out_the_ids_that_it_settles():
    account = begun(5, 6, horizon=10.0)
    account.admit(message(9))
    account.mark(20.0)
    assert (account.floor, account.export()["settled"]) == (6, [9])


def test_a_restart_delivers_what_was_not_delivered_before():
    account = begun(3, 4, 50)
    account.restart([message(3), message(4, at=1), message(5)], NOON, 5.0)
    assert [account.judge(message(n)) for n in (3, 4, 5)] == ["known", "new", "new"]
    assert (account.floor, account.top) == (2, 3)


def test_a_restart_begins_below_the_first_new_message():
    account = begun(6, 50)
    account.restart([message(4, at=10), message(5, at=10), message(6)], NOON, 5.0)
    assert [account.judge(message(n)) for n in (3, 4, 5)] == ["known", "new", "new"]
    assert account.floor == 3
    account.restart([message(4, at=20), message(5, at=20)], NOON, 6.0)
    assert account.floor == 3


def test_a_message_that_could_not_be_published_is_new_again():
    account = begun(5)
    assert account.admit(message(6))
    account.reopen(6)
    assert account.judge(message(6)) == "new"
    assert list(account.recent()) == [5]
    assert account.admit(message(6))


def test_a_poll_asks_above_what_was_visible_half_a_minute_ago() -> None:
    account = begun(5)
    account.admit(message(7))
    account.mark(10.0)
    account.admit(message(9))
    account.mark(30.0)
    account.reopen(6)

    def question(now: float, **how: Any) -> Any:
        domain = account.missing([2, 1], now, **how)
        return domain[: next(i for i, term in enumerate(domain) if term == "&" and i > 2) + 3]

    whole = [["res_id", "in", [1, 2]], "|", "|", ["id", "in", [6]], "&", ["id", ">", 4], ["id", "not in", [5, 7, 9]]]
    assert question(40.0) == whole
    near = [["res_id", "in", [1, 2]], "|", "|", ["id", "in", [6]], "&", ["id", ">", 7], ["id", "not in", [9]]]
    assert question(40.0, near=True) == near
    assert question(39.0, near=True) == [*whole[:5], ["id", ">", 5], ["id", "not in", [7, 9]]]
    later = [["res_id", "in", [1, 2]], ["id", ">", 6], "|", "&", ["id", ">", 4], ["id", "not in", [7, 9]]]
    assert question(40.0, after=6) == later
    assert account.missing([1], 40.0, after=9)[2:4] == ["|", ["id", ">", 4]]


def test_edits_are_asked_for_by_the_second_after_the_known_one() -> None:
    account = Catchup(margin=60.0)
    account.begin([message(1, at=0), message(2, at=60), message(3, at=120)], now=0.0)
    account.mark(0.0)
    assert account.missing([1], 0.0)[-11:] == [
        "&", ["write_date", ">=", "2026-11-22 12:01:00"], "|", ["id", "not in", [2, 3]],
        "|", "&", ["id", "in", [2]], ["write_date", ">=", "2026-11-22 12:01:01"],
        "|", "&", ["id", "in", [3]], ["write_date", ">=", "2026-11-22 12:02:01"],
        ["write_date", ">=", "2026-11-22 12:02:00"],
    ][-11:]  # fmt: skip
    only = account.missing([1], 0.0, after=2)
    assert ["id", "not in", [3]] in only


def test_the_floor_follows_after_the_horizon() -> None:
    account = begun(5, horizon=100.0)
    account.admit(message(7))
    account.mark(50.0)
    account.mark(99.0)
    assert account.floor == 4
    account.mark(100.0)
    assert account.floor == 5
    account.mark(150.0)
    assert account.floor == 7
    assert not account.admit(message(6)), "below the floor nothing is new"


def test_an_empty_database_begins_at_zero() -> None:
    account = begun()
    assert (account.floor, account.top, account.written) == (0, 0, None)
    assert account.missing([1], 0.0) == [["res_id", "in", [1]], ["id", ">", 0]]
    fresh = Catchup()
    assert (fresh.floor, fresh.top, fresh.written) == (0, 0, None)


def test_half_of_the_delivered_ids_is_kept_above_the_capacity() -> None:
    account = begun(1, capacity=4)
    for number in range(2, 6):
        account.admit(message(number))
        assert account.floor == (0 if number < 5 else 3)


def test_a_message_that_is_written_again_is_known_by_its_last_time() -> None:
    account = begun(1)
    account.note_written(message(1, edited=30))
    account.mark(0.0)
    assert account.written == NOON + timedelta(seconds=30)
    assert account.judge(message(1, edited=30)) == "known"
    assert account.judge(message(1, edited=31)) == "edited"


def test_a_rewind_keeps_what_is_open_up_to_the_last_id() -> None:
    account = begun(1, 5)
    account.reopen(5)
    account.reopen(1)
    account.rewind(5, [], now=0.0)
    assert account.judge(message(5)) == account.judge(message(1)) == "new"


@pytest.mark.parametrize("key", ["floor", "settled", "open", "written", "edited", "recent", "channels", "joined"])
@pytest.mark.parametrize(
    "odd", [5.5, "x", [None], {"x": "y"}, {"5": "2026-01-01"}, float("inf"), "2026-01-01T00:00:00"]
)
def test_a_damaged_record_raises_no_other_error(key: str, odd: object) -> None:
    made = Catchup()
    record = made.export() | {key: odd}
    with contextlib.suppress(ValueError, TypeError, KeyError, OverflowError):
        made.restore(record, 0.0)
        assert made.written is None or made.written.tzinfo is not None


def test_edits_after_a_first_mark_or_a_rewind_are_asked_for_within_the_margin() -> None:
    account = Catchup()
    account.admit(message(5))
    account.mark(0.0)
    assert asked(account, [message(3, edited=-60), message(4, edited=-300)], 0.0) == [3, 4]
    account = begun(5, horizon=100.0)
    account.mark(200.0)
    account.mark(400.0)
    account.rewind(5, [], now=400.0)
    assert asked(account, [message(3, edited=-60), message(4, edited=-300)], 400.0) == [3]


@pytest.mark.parametrize("late", ["date", "created", "written"])
@pytest.mark.parametrize("seconds", [0, 1])
def test_messages_are_old_when_all_their_times_are(late: str, seconds: int) -> None:
    limit = NOON + timedelta(seconds=seconds)
    before = NOON - timedelta(days=1)
    old = {"date": before, "created": before, "written": before if late == "date" else None}
    rows = [msgspec.structs.replace(message(5), **old), msgspec.structs.replace(message(7), **(old | {late: NOON}))]
    account = Catchup()
    account.begin(rows, now=0.0, server_time=limit + timedelta(seconds=600))
    assert account.floor == (7 if seconds else 4)


def test_edits_of_the_last_id_of_a_page_are_not_asked_for_by_name() -> None:
    account = begun(5, 6)
    assert not any(isinstance(term, list) and term[0] == "id" and 5 in term[2] for term in account._edited_domain(5))
    assert ["id", "not in", [6]] in account._edited_domain(5)


def test_edits_are_asked_for_since_the_mark_that_the_floor_follows() -> None:
    account = Catchup(horizon=600.0, margin=10_000.0)
    account.begin([message(1)], now=0.0)
    account.admit(message(2, at=50))
    account.mark(100.0)
    account.mark(600.0)
    assert account.floor == 1
    assert asked(account, [message(1, edited=30)], 600.0) == [1]


@pytest.mark.parametrize("odd", [5, "x", None, [1]])
def test_a_record_that_is_no_object_is_named(odd: object) -> None:
    with pytest.raises(TypeError, match="^not an object$"):
        Catchup().restore(Catchup().export() | {"edited": odd}, 0.0)


def test_a_record_whose_time_has_no_zone_is_named() -> None:
    with pytest.raises(ValueError, match="'2026-01-01T00:00:00' has no time zone"):
        Catchup().restore(Catchup().export() | {"written": "2026-01-01T00:00:00"}, 0.0)


def test_a_time_is_quiet_once_the_horizon_has_passed_since_the_last_change():
    account = Catchup(horizon=600.0)
    assert account.quiet_since() is None, "there is no message"
    account.begin([message(1)], now=0.0)
    account.mark(599.0)
    assert account.quiet_since() is None
    account.mark(600.0)
    first = message(1).written
    assert first is not None
    assert account.quiet_since() == first + timedelta(seconds=1)
    account.reopen(1)
    assert account.quiet_since() is None, "a message is still to be delivered"
    assert account.admit(message(1))
    account.admit(message(2))
    account.mark(700.0)
    assert account.quiet_since() is None
    account.mark(1301.0)
    assert account.quiet_since() is not None
    account.note_written(msgspec.structs.replace(message(2), written=NOON + timedelta(days=1)))
    assert account.quiet_since() is None, "an edit"
