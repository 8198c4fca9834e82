"""Edits that become visible late: a transaction's write_date is the time of its begin."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from odoochat.core.catchup import Catchup
from odoochat.model import Author, ChannelRef, Message
from odoochat.wire.values import stamp
from tests.core.tables import search

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def message(number: int, at: int) -> Message:
    moment = NOON + timedelta(seconds=at)
    return Message(number, ChannelRef(1, "c"), Author(1), "t", "<p>t</p>", moment, written=moment)


def edited(message: Message, at: int) -> Message:
    return msgspec.structs.replace(message, html="<p>new</p>", written=NOON + timedelta(seconds=at))


def asked(account: Catchup, table: list[Message], now: float) -> list[int]:
    rows = [{"id": m.id, "res_id": m.channel.id, "write_date": stamp(m.written or NOON)} for m in table]
    return [r["id"] for r in search(rows, account.missing([1], now))]


def followed(*messages: Message) -> Catchup:
    account = Catchup()
    account.begin([message(1, -9000)], now=0.0)
    for one in messages:
        account.admit(one)
    account.mark(1.0)
    return account


def test_an_edit_that_began_before_the_newest_message_is_found():
    first, second = message(5, 0), message(6, 20)
    account = followed(first, second)
    late = edited(first, 10)
    assert 5 in asked(account, [late, second], 2.0)
    assert account.judge(late) == "edited"
    account.note_written(late)
    assert 5 not in asked(account, [late, second], 3.0)
    assert account.judge(late) == "known"


def test_what_was_not_written_again_is_not_asked_for():
    table = [message(n, n) for n in range(5, 50)]
    account = followed(*table)
    assert asked(account, table, 2.0) == [49], "the newest one, for an edit within its second"


def test_a_late_edit_of_an_old_message_is_found_and_one_from_before_the_start_is_not():
    account = followed(message(900, 500))
    account.floor = 800
    late, old = edited(message(7, -9000), 450), edited(message(8, -9000), -9001)
    assert account.judge(late) == "edited"
    assert account.judge(old) == "known"
    assert account.judge(edited(message(9, -9000), 300)) == "known", "beyond the margin"


def test_an_edit_is_found_after_a_restart():
    first, second = message(5, 0), message(6, 20)
    account = followed(first, second)
    again = Catchup()
    again.restore(account.export(), 0.0)
    late = edited(first, 21)
    assert 5 in asked(again, [late, second], 1.0)
    assert again.judge(late) == "edited"
    assert again.judge(first) == "known"


def test_the_question_names_no_message_once_all_transactions_are_over():
    table = [message(n, n) for n in range(5, 50)]
    account = followed(*table)
    for now in (300.0, 700.0, 1400.0):
        account.mark(now)
    since = NOON + timedelta(seconds=50)
    assert account.missing([1], 1500.0) == [
        ["res_id", "in", [1]],
        "|",
        ["id", ">", 49],
        ["write_date", ">=", stamp(since)],
    ]
    assert asked(account, [edited(table[0], 50)], 1500.0) == [5]
    later = message(60, 1600)
    account.admit(later)
    account.mark(1501.0)
    assert asked(account, [edited(table[0], 1590), later], 1502.0) == [5, 60], "the margin counts again"


def test_an_anchor_is_asked_for_below_the_floor():
    account = followed(message(5, 0), message(6, 20))
    account.floor = 6
    rows = [{"id": 6, "res_id": 1, "write_date": stamp(NOON)}]
    assert search(rows, account.missing([1], 2.0)) == []
    assert search(rows, account.missing([1], 2.0, anchors=[6])) == rows
