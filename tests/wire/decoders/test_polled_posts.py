"""Plain posts in responses to long polls and peeks decode as if their rows were parsed as JSON values."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoochat.core.state import ClientState
from odoochat.errors import OdooChatError, ProtocolError, SessionExpired
from odoochat.model import ChannelInfo, Version
from odoochat.wire.envelopes import jsonrpc
from odoochat.wire.envelopes.frames import Item, Malformed, Notification, from_rows
from odoochat.wire.versions.registry import dialect_for
from tests.wire.decoders.test_plain_posts import FRAMES, KEYS, mutate, same

MAJORS = (14, 15, 16, 17, 18, 19)
PARTNER: list[object] = ["odoo14", "res.partner", 7]
RECORDED = json.loads((Path(__file__).parents[1] / "recorded" / "odoo14.json").read_text("utf-8"))
POSTS: dict[int, dict[str, Any]] = {
    major: next(r for r in json.loads(FRAMES[str(major)]) if major == 14 or r["message"]["type"].endswith("_message"))
    for major in MAJORS
}
OTHERS: list[dict[str, Any]] = [
    *RECORDED.values(),
    {"id": 5, "message": {"type": "x", "payload": {"a": [1]}}},
    {"id": -1, "message": {"type": "y", "payload": 1}},
    {"type": "bus/last_id_reset", "internal": True, "payload": 3},
]


def general(data: bytes, major: int, *, peek: bool) -> list[Item]:
    """Read a response as JSON values."""
    answer: Any = jsonrpc.decode(data, status=200, content_type="application/json")
    if not peek:
        return from_rows(answer or [])
    if not isinstance(answer, dict) or not isinstance(answer.get("channels"), list):
        raise ProtocolError("the response to bus polling is not a list of notifications", answer)
    if PARTNER not in answer["channels"]:
        raise SessionExpired("the session has expired on the server")
    return from_rows(answer.get("notifications") or [])


def typed(data: bytes, major: int, *, peek: bool) -> list[Item]:
    reader = dialect_for(Version(major)).decoder.polled
    if peek:
        return reader.peek(data, PARTNER, status=200, content_type="application/json")
    return reader.poll(data, status=200, content_type="application/json")


def outcome(read: Callable[..., list[Item]], data: bytes, major: int, *, peek: bool) -> tuple[list[Any], object]:
    """Return the updates in a response with the ids and types of notifications, and the people in them."""
    try:
        items = read(data, major, peek=peek)
    except OdooChatError as error:
        return [type(error), str(error)], None
    state = ClientState()
    state.renew([ChannelInfo(1, "general"), ChannelInfo(2, "other")])
    decoder = dialect_for(Version(major)).decoder
    found: list[Any] = []
    for item in items:
        if isinstance(item, Notification):
            found += [item.id, item.type, decoder.is_post(item), *decoder.decode(item, state)]
        else:
            found.append(item)
    return found, state.people()


def check(data: bytes, major: int, *, peek: bool) -> None:
    slow, fast = (outcome(read, data, major, peek=peek) for read in (general, typed))
    assert same(fast[0], slow[0]), (fast[0], slow[0])
    assert fast[1] == slow[1]


def response(rows: Any, *, peek: bool = False, **others: Any) -> dict[str, Any]:
    result = {"channels": [["odoo14", "mail.channel", 1], PARTNER], "notifications": rows} if peek else rows
    return {"jsonrpc": "2.0", "id": 1, "result": result, **others}


@pytest.mark.parametrize("peek", [False, True])
@pytest.mark.parametrize("major", MAJORS)
def test_posts_in_a_response_are_plain(major: int, peek: bool) -> None:
    rows = [POSTS[major], POSTS[major] | {"id": 12}]
    items = typed(json.dumps(response(rows, peek=peek)).encode(), major, peek=peek)
    assert [item.id for item in items if isinstance(item, Notification)] == [POSTS[major]["id"], 12]
    assert all(isinstance(item, Notification) and isinstance(item.payload, msgspec.Struct) for item in items)
    updates, people = outcome(typed, json.dumps(response(rows, peek=peek)).encode(), major, peek=peek)
    assert updates[3].message.text.startswith("Message 1000000007 with some <words> & more text")
    assert (updates[3].message.author.name, updates[3].message.channel.name) == ("Bob", "general")
    assert people
    check(json.dumps(response(rows, peek=peek)).encode(), major, peek=peek)


@pytest.mark.parametrize("major", MAJORS)
def test_posts_among_other_rows_are_plain(major: int) -> None:
    post = POSTS[major]
    data = json.dumps(response([OTHERS[0], post, *OTHERS[1:], 7, post])).encode()
    items = typed(data, major, peek=False)
    assert [isinstance(i, Notification) and isinstance(i.payload, msgspec.Struct) for i in items].count(True) >= 2
    assert isinstance(items[-2], Malformed)
    check(data, major, peek=False)
    check(json.dumps(response([OTHERS[0], post, *OTHERS[1:], 7, post], peek=True)).encode(), major, peek=True)


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_rows_are_read_as_usual(name: str) -> None:
    for rows in ([RECORDED[name]], [RECORDED[name], POSTS[14]]):
        check(json.dumps(response(rows)).encode(), 14, peek=False)


@pytest.mark.parametrize("major", MAJORS)
@given(data=st.data())
def test_both_ways_of_reading_agree(major: int, data: st.DataObject) -> None:
    peek = data.draw(st.booleans())
    others = data.draw(st.lists(st.sampled_from(OTHERS), max_size=2))
    given = json.loads(json.dumps(response([POSTS[major], *others, POSTS[major]], peek=peek)))
    mutate(given, data, [*KEYS, "payload", "info", "error"])
    check(json.dumps(given).encode(), major, peek=peek)


@pytest.mark.parametrize("major", MAJORS)
@given(data=st.data())
def test_both_ways_of_reading_agree_about_damaged_bytes(major: int, data: st.DataObject) -> None:
    peek = data.draw(st.booleans())
    whole = json.dumps(response([POSTS[major], POSTS[major]], peek=peek)).encode()
    at = data.draw(st.integers(0, len(whole)))
    odd = data.draw(
        st.sampled_from((b"", b"\xff", b'"', b"\\ud800", b"\\u0000", b"}", b"9" * 30, b"1e400", b"NaN", b","))
    )
    size = data.draw(st.sampled_from((0, 1, 4)))
    check(whole[:at] + odd + whole[at + size :], major, peek=peek)


@pytest.mark.parametrize("major", MAJORS)
def test_repeated_keys_and_large_numbers_are_read_as_usual(major: int) -> None:
    text = json.dumps(response([POSTS[major], POSTS[major]]))
    for old, new in (
        ('"id": 1000000007', '"id": 5, "id": 1000000008'),
        ('"id": 1000000007', '"id": 1000000007.0'),
        ('"id": 1000000007', f'"id": {2**63}'),
        ('"id": 1000000007', f'"id": {10**400}'),
        ('"body": ', '"body": null, "body": '),
        ('"result": ', '"result": 7, "result": '),
        ('"result": ', '"error": {"code": 100, "message": "x"}, "result": '),
        ('"result": ', '"error": null, "result": '),
        ('"result": ', '"odd": ' + "[" * 3000 + "]" * 3000 + ', "result": '),
        ("2026-11-22 21:51:43", "2026-11-22 21:51:43" + " " * 30),
        ('"Bob"', '"' + "B" * 5000 + '"'),
        ('"Discussions"', '"' + "D" * 5000 + '"'),
    ):
        check(text.replace(old, new).encode(), major, peek=False)
        check(text.replace(old, new, 1).encode(), major, peek=False)
    for odd in (
        b"",
        b"\xef\xbb\xbf" + text.encode(),
        b"<html>",
        b"[]",
        b"null",
        b'{"result": null}',
        b'{"result": {}}',
    ):
        check(odd, major, peek=False)
        check(odd, major, peek=True)


def test_excerpts_of_malformed_rows_are_limited() -> None:
    rows = [POSTS[14], *([number] for number in range(1_000)), POSTS[14]]
    items = typed(json.dumps(response(rows)).encode(), 14, peek=False)
    assert sum(1 for item in items if isinstance(item, Malformed) and item.excerpt) == 100


def test_a_dead_session_is_recognized_in_a_response_with_posts() -> None:
    data = json.dumps({"result": {"channels": [], "notifications": [POSTS[14]]}}).encode()
    with pytest.raises(SessionExpired):
        typed(data, 14, peek=True)


@pytest.mark.parametrize("major", MAJORS)
@pytest.mark.parametrize(
    "odd",
    [
        {"parent_id": [3, "x"]},
        {"parentMessage": {"id": 3}},
        {"pinned_at": "2026-11-22 21:51:43"},
        {"attachment_ids": [{"id": 3, "name": "a"}]},
        {"attachments": [{"id": 3, "name": "a"}]},
        {"partner_ids": [3]},
        {"recipients": [{"id": 3, "name": "Carol"}]},
        {"recipients": False, "partner_ids": [3]},
        {"reactions": [{"content": "x", "count": 1, "personas": [{"id": 3, "name": "Carol"}]}]},
        {"messageReactionGroups": [["insert", [{"content": "x", "count": 1, "partners": [["insert", {"id": 3}]]}]]]},
        {"messageReactionGroups": [["insert-and-replace", []], ["insert", []]]},
        {"linkPreviews": [{"source_url": "https://example.com"}]},
        {"author": {"id": 3, "name": "Carol"}},
        {"author": {"id": 3, "name": "Carol", "type": "guest"}},
        {"author": None},
        {"author_id": False, "author_guest_id": [3, "Carol"]},
        {"author_id": [0, "x@example.com"], "author": None, "email_from": "x@example.com"},
        {"author_id": [3, "Acme, Carol"]},
        {"info": "typing_status", "is_typing": True, "partner_id": 3},
        {"info": "channel_seen", "last_message_id": 3, "partner_id": 3},
        {"type": "x", "payload": {"a": 1}},
        {"type": "x"},
        {"model": "res.partner"},
        {"model": False},
        {"res_id": 2},
        {"res_id": False},
        {"subject": "x" * 600},
        {"subtype_id": [3]},
        {"temporary_id": "mine"},
        {"date": False, "create_date": "2026-11-22 21:51:43", "write_date": "2026-11-22 21:51:44"},
        {"body": False},
        {"body": ["markup", "<p>x</p>"]},
    ],
    ids=str,
)
def test_each_difference_from_a_plain_post_is_decoded_as_usual(major: int, odd: dict[str, Any]) -> None:
    post = json.loads(json.dumps(POSTS[major]))
    message = post["message"] if major == 14 else post["message"]["payload"]
    for key in ("message", "data"):
        message = message.get(key, message)
    if major > 17:
        message = message["mail.message"][0]
    message.update(odd)
    check(json.dumps(response([post])).encode(), major, peek=False)
    check(json.dumps(response([post, POSTS[major]], peek=True)).encode(), major, peek=True)
