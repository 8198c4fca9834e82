"""Bus frames: those of every version, and invalid ones."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoochat.errors import ProtocolError, UsageError
from odoochat.wire.envelopes import frames
from odoochat.wire.envelopes.frames import (
    Internal,
    Malformed,
    Notification,
    from_rows,
    parse,
    subscribe,
    update_presence,
)

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=9,
)


def test_frame_of_odoo_19() -> None:
    frame = (
        '[{"id": 101, "message": {"type": "mail.record/insert", "payload": {"discuss.channel": '
        '[{"id": 1, "last_interest_dt": "2026-11-22 19:04:36"}]}}}, '
        '{"id": 99, "message": {"type": "discuss.channel/delete", "payload": {"id": 7}}}]'
    )
    first, second = parse(frame)
    assert first == Notification(
        101, "mail.record/insert", {"discuss.channel": [{"id": 1, "last_interest_dt": "2026-11-22 19:04:36"}]}
    )
    assert second == Notification(99, "discuss.channel/delete", {"id": 7})
    assert parse(frame.encode()) == [first, second]


def test_internal_frames_of_odoo_20() -> None:
    assert parse('[{"type": "bus/last_id_reset", "internal": true, "payload": 12}]') == [
        Internal("bus/last_id_reset", 12)
    ]
    assert parse('[{"type":"bus/subscription_outdated","internal":true,"payload":null}]') == [
        Internal("bus/subscription_outdated")
    ]


def test_long_poll_of_odoo_14_keeps_the_channel_and_has_no_type() -> None:
    typing = {"info": "typing_status", "is_typing": True, "partner_id": 8, "partner_name": "Bob"}
    read = {"type": "mark_as_read", "message_ids": [30], "channel_ids": [1]}
    rows: list[dict[str, Any]] = [
        {"id": 30, "channel": ["odoo14", "mail.channel", 1], "message": typing},
        {"id": 31, "channel": ["odoo14", "res.partner", 7], "message": read},
        {"id": 32, "channel": "probe", "message": "bare"},
    ]
    expected = [
        Notification(30, "", typing, ["odoo14", "mail.channel", 1]),
        Notification(31, "", read, ["odoo14", "res.partner", 7]),
        Notification(32, "", "bare", "probe"),
    ]
    assert from_rows(rows) == expected
    assert parse(json.dumps(rows)) == expected


def test_long_poll_of_odoo_15_is_typed() -> None:
    row = {"id": 4, "message": {"type": "mail.channel/new_message", "payload": {"id": 1, "message": {}}}}
    assert from_rows([row]) == [Notification(4, "mail.channel/new_message", {"id": 1, "message": {}})]


@pytest.mark.parametrize(
    "bad",
    [
        None,
        1,
        "x",
        [],
        {},
        {"id": 1},
        {"id": "1", "message": {"type": "a", "payload": 1}},
        {"id": True, "message": {"type": "a", "payload": 1}},
        {"id": 1, "message": None},
        {"id": 1, "message": {"payload": 1}},
        {"id": 1, "message": {"type": 2, "payload": 1}},
        {"type": 5, "internal": True},
    ],
)
def test_one_malformed_element_does_not_lose_the_others(bad: object) -> None:
    good = {"id": 1, "message": {"type": "a", "payload": "b"}}
    first, second, third = parse(json.dumps([good, bad, good]))
    assert first == third == Notification(1, "a", "b")
    assert second == Malformed(json.dumps(bad)[:80])


@pytest.mark.parametrize("text", ["", "{}", "1", "null", "[", "[1", "<html>", '{"id":1}', "[" * 100_000, b"\xff"])
def test_what_is_no_list_is_refused_with_an_excerpt(text: str | bytes) -> None:
    with pytest.raises(ProtocolError) as caught:
        parse(text)
    assert len(caught.value.excerpt) <= 80


def test_rows_that_are_no_list_are_refused() -> None:
    with pytest.raises(ProtocolError):
        from_rows({"notifications": []})


def test_lone_surrogates_broken_bytes_and_huge_numbers_are_read() -> None:
    frame = '[{"id": 1, "message": {"type": "a", "payload": ["\\ud800x", 123456789012345678901234567890]}}]'
    assert parse(frame) == [Notification(1, "a", ["\ufffdx", 123456789012345678901234567890])]
    assert parse(b'[{"id": 1, "message": {"type": "a", "payload": "\xff"}}]') == [Notification(1, "a", "\ufffd")]


@given(st.lists(values, max_size=4))
def test_any_list_gives_as_many_items(rows: list[object]) -> None:
    assert len(from_rows(rows)) == len(rows)
    assert len(parse(json.dumps(rows))) == len(rows)


@given(st.lists(st.tuples(st.integers(1, 2**62), st.text(max_size=9), values), max_size=4))
def test_both_ways_to_read_agree(given_rows: list[tuple[int, str, object]]) -> None:
    rows = [{"id": id, "message": {"type": type, "payload": payload}} for id, type, payload in given_rows]
    expected = [Notification(*row) for row in given_rows]
    assert from_rows(rows) == expected
    assert parse(json.dumps(rows)) == expected


@given(st.text() | st.binary())
def test_anything_is_read_or_refused(text: str | bytes) -> None:
    with contextlib.suppress(ProtocolError):
        assert isinstance(parse(text), list)


def test_an_excerpt_is_short_and_never_fails() -> None:
    loop: list[object] = []
    loop.append(loop)
    items = from_rows([{"x": "y" * 10_000}, loop, object(), {1: object()}])
    assert all(isinstance(item, Malformed) and len(item.excerpt) <= 80 for item in items)


def test_subscribe() -> None:
    assert json.loads(subscribe([], 0)) == {"event_name": "subscribe", "data": {"channels": [], "last": 0}}
    assert json.loads(subscribe(["discuss.channel_4"], 7, check_outdated=True)) == {
        "event_name": "subscribe",
        "data": {"channels": ["discuss.channel_4"], "last": 7, "check_outdated": True},
    }
    assert json.loads(subscribe([], 0, check_outdated=True))["data"]["check_outdated"] is False


@pytest.mark.parametrize("channels", [["a", 1], "abc", [None]])
def test_subscribe_refuses_what_the_server_would_drop_in_silence(channels: Any) -> None:
    with pytest.raises(UsageError):
        subscribe(channels, 0)


def test_the_quick_way_is_taken_for_ordinary_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "_parse_slowly", lambda text: pytest.fail("slow"))
    assert parse('[{"id":1,"message":{"type":"a","payload":null}}]') == [Notification(1, "a", None)]


def test_update_presence() -> None:
    said = json.loads(update_presence(0, wants_ids=False))
    assert said == {"event_name": "update_presence", "data": {"inactivity_period": 0}}
    assert json.loads(update_presence(5, wants_ids=True))["data"]["im_status_ids_by_model"] == {}


ODD_ROWS: list[Any] = [
    5, None, [], "x", {"id": 2**70, "message": {"type": "a", "payload": 1}}, {"id": -1, "message": {"type": "a"}},
    {"id": 1.5, "message": {"type": "a", "payload": 1}}, {"id": True, "message": {"type": "a", "payload": 1}},
    {"id": float("nan"), "message": {"type": "a", "payload": 1}}, {"id": 7, "message": {"type": "a"}},
    {"id": 4, "message": "m", "channel": ["db", "mail.channel", 1]}, {"type": "bus/last_id_reset", "internal": True},
    {"id": 8, "message": {"type": "\ud800", "payload": "\ud800"}}, {"id": 2**63 - 1, "message": {"type": "a", "payload": {}}},
]  # fmt: skip


def test_a_large_frame_holds_the_same_as_small_ones() -> None:
    filler = {"id": 99, "message": {"type": "filler", "payload": "x" * frames.LARGE}}
    for row in ODD_ROWS:
        (small,), (large, _) = parse(json.dumps([row])), parse(json.dumps([row, filler]))
        assert small == large
    for odd in ("[1,", '{"a": 1}', "[01]", '["\x01"]'):
        with pytest.raises(ProtocolError):
            parse(odd + " " * frames.LARGE)


@pytest.mark.parametrize("filler", [0, frames.LARGE])
def test_a_row_with_an_absurd_number_does_not_lose_the_others(filler: int) -> None:
    row = '{"id": 7, "message": {"type": "a", "payload": "' + "x" * filler + '"}}'
    found = list(parse(f'[{{"id": {"9" * 5000}, "message": 1}}, {row}]'))
    assert isinstance(found[0], Malformed) and isinstance(found[1], Notification)
    assert "9" * 40 in found[0].excerpt
    assert found[1].id == 7


def test_of_many_malformed_rows_some_are_shown() -> None:
    found = from_rows([[number] for number in range(1_000)])
    shown = [item.excerpt for item in found if isinstance(item, Malformed)]
    assert len(shown) == 1_000
    assert [text for text in shown if text] == [f"[{number}]" for number in range(frames.EXCERPTS)]


@pytest.mark.parametrize(("ids", "lowest", "restarted"), [([3, 9], 10, True), ([3, 10], 10, False), ([], 10, False)])
def test_ids_that_are_all_below_a_known_one_have_started_over(ids: list[int], lowest: int, restarted: bool) -> None:
    rows: list[frames.Item] = [Malformed("x"), *(Notification(number, "t", None) for number in ids)]
    assert frames.with_reset(rows, lowest) == ([Internal(frames.RESET), *rows] if restarted else rows)
