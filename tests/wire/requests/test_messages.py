"""Requests about messages and memberships, for each version."""

from __future__ import annotations

from typing import Any

import pytest

from odoochat.errors import ProtocolError
from odoochat.model import Version
from odoochat.wire.requests.call import Call, Route
from odoochat.wire.requests.messages import COUNTED, MessageRequests, OutgoingMessage
from odoochat.wire.updates import Marked
from odoochat.wire.versions.registry import dialect_for

MAJORS = (14, 15, 16, 17, 18, 19, 20)


def out(**more: Any) -> OutgoingMessage:
    return OutgoingMessage(1, "<b>x</b>", "local", **more)


@pytest.mark.parametrize("major", MAJORS)
def test_a_post_is_a_comment_with_its_own_message_id(major):
    call = dialect_for(Version(major)).messages.post(out(reply_to=4, attachment_ids=(3,), partner_ids=(8,)))
    assert (call.model, call.method, call.ids) == (
        "mail.channel" if major < 17 else "discuss.channel",
        "message_post",
        (1,),
    )
    expected = {
        "body": "<b>x</b>",
        "message_type": "comment",
        "subtype_xmlid": "mail.mt_comment",
        "message_id": "<local@odoochat>",
        "parent_id": 4,
        "attachment_ids": [3],
        "partner_ids": [8],
    }
    if major >= 17:
        expected |= {"body_is_html": True, "context": {"temporary_id": "local"}}
    assert call.kwargs == expected


@pytest.mark.parametrize(("answer", "expected"), [(5, 5), ([5], 5)])
def test_the_id_of_a_post(answer, expected):
    assert dialect_for(Version(19)).messages.posted_id(answer) == expected


@pytest.mark.parametrize("answer", [None, [], "5", True, {}])
def test_a_post_without_an_id_is_an_error(answer):
    with pytest.raises(ProtocolError, match="returned no id"):
        dialect_for(Version(19)).messages.posted_id(answer)


def test_the_path_or_method_of_each_version():
    def target(asked: Call | Route) -> str:
        return asked.path if isinstance(asked, Route) else asked.method

    assert [target(dialect_for(Version(m)).membership.typing(1, True)) for m in MAJORS] == [
        *["notify_typing"] * 2,
        "/mail/channel/notify_typing",
        *["/discuss/channel/notify_typing"] * 4,
    ]
    assert [target(dialect_for(Version(m)).messages.mark_read(1, 3, 5)) for m in MAJORS] == [
        "channel_seen",
        *["/mail/channel/set_last_seen_message"] * 2,
        "/discuss/channel/set_last_seen_message",
        *["/discuss/channel/mark_as_read"] * 3,
    ]
    assert [target(dialect_for(Version(m)).channels.get_chat(8)) for m in MAJORS] == [
        *["channel_get"] * 5,
        "/mail/action",
        "/mail/store",
    ]
    assert [dialect_for(Version(m)).table.check_outdated for m in MAJORS] == [False] * 6 + [True]


def of(major: int, *, by_session: bool = True) -> MessageRequests:
    return dialect_for(Version(major), by_session=by_session).messages


def test_a_search_leaves_out_private_notes_and_records() -> None:
    asked = of(19).search([["id", ">", 5]], limit=30)
    assert asked.kwargs["domain"] == [
        ["model", "=", "discuss.channel"], ["message_type", "!=", "user_notification"], ["id", ">", 5],
    ]  # fmt: skip
    assert (asked.kwargs["order"], asked.kwargs["limit"]) == ("id", 30)
    everywhere = of(19).search([["id", ">", 5]], everywhere=True)
    assert everywhere.kwargs["domain"] == [["message_type", "!=", "user_notification"], ["id", ">", 5]]


def test_a_search_for_ids_always_finds_its_witness() -> None:
    terms = [["message_type", "!=", "user_notification"], ["author_id", "=", 3], ["id", ">=", 5], ["id", "<", 9]]
    asked = of(19).search_ids([["author_id", "=", 3]], 5, 9, None, order="id desc", limit=4)
    assert asked == Call("mail.message", "search_read", None, {
        "domain": terms, "fields": ["id"], "order": "id desc", "limit": 4,
    })  # fmt: skip
    asked = of(19).search_ids([["author_id", "=", 3]], 5, 9, 2, order="id", limit=4)
    assert asked.kwargs["domain"] == ["|", ["id", "=", 2], "&", "&", "&", *terms]


@pytest.mark.parametrize(("major", "star"), [(14, "starred"), (19, "starred"), (20, "is_bookmarked")])
def test_marked_messages_wait_in_the_inbox_or_are_starred(major: int, star: str) -> None:
    asked = of(major).fetch_marked().kwargs
    assert asked["domain"] == ["|", ["needaction", "=", True], [star, "=", True]]
    assert (asked["fields"], of(major).star_field) == (["needaction", star, "model", "res_id"], star)


def test_canned_responses() -> None:
    assert [of(m).fetch_canned().model for m in MAJORS] == ["mail.shortcode"] * 4 + ["mail.canned.response"] * 3


def test_a_note_on_a_record_that_mentions_everyone() -> None:
    call = of(18).post(out(model="sale.order", note=True, everyone=True))
    assert (call.model, call.ids) == ("sale.order", (1,))
    assert call.kwargs["subtype_xmlid"] == "mail.mt_note"
    assert (call.kwargs["special_mentions"], call.kwargs["partner_ids"]) == (["everyone"], [])


@pytest.mark.parametrize("starred", [True, False])
def test_a_star(starred: bool) -> None:
    toggle = Call("mail.message", "toggle_message_starred", (5,), {})
    assert all(of(major).star(5, starred) == toggle for major in range(14, 20))
    verb = "add_bookmark" if starred else "remove_bookmark"
    assert of(20).star(5, starred) == Route("/mail/store", {"fetch_params": [[verb, {"message_id": 5}]]})


def test_a_pin() -> None:
    assert of(17).pin(7, 5, True) == Call("discuss.channel", "set_message_pin", (7,), {"message_id": 5, "pinned": True})


@pytest.mark.parametrize(
    ("major", "values"),
    [(17, {"seen_message_id": 5}), (18, {"seen_message_id": 5, "new_message_separator": 6})],
)
def test_a_key_marks_as_read_by_its_membership(major: int, values: dict[str, int]) -> None:
    assert of(major, by_session=False).reads_by_member
    assert not of(major).reads_by_member
    assert not of(14, by_session=False).reads_by_member
    expected = Call("discuss.channel.member", "write", (3,), {"vals": values})
    assert of(major, by_session=False).mark_read(7, 3, 5) == expected


def test_marking_as_unread() -> None:
    params = {"channel_id": 7, "message_id": 5}
    assert of(18, by_session=False).unreads_by_member and not of(18).unreads_by_member
    assert of(18).mark_unread(7, 0, 5) == Route("/discuss/channel/mark_as_unread", params)
    assert of(19).mark_unread(7, 0, 5) == Route("/discuss/channel/set_new_message_separator", params)
    assert of(19, by_session=False).mark_unread(7, 3, 5) == Call(
        "discuss.channel.member", "write", (3,), {"vals": {"new_message_separator": 5}}
    )


def test_the_inbox_is_emptied_in_part_or_whole() -> None:
    assert of(19).mark_done([5, 6]) == Call("mail.message", "set_message_done", (5, 6))
    assert of(19).mark_done([]) == Call("mail.message", "mark_all_as_read", None, {})


@pytest.mark.parametrize("major", MAJORS)
def test_the_link_to_a_message_contains_its_id(major: int) -> None:
    assert of(major).link(4711).startswith("/")
    assert "4711" in of(major).link(4711)


def test_marked_rows_of_records_belong_to_no_channel() -> None:
    rows: list[dict[str, Any]] = [
        {"id": 5, "needaction": True, "starred": False, "model": "discuss.channel", "res_id": 7},
        {"id": 6, "needaction": True, "starred": True, "model": "sale.order", "res_id": 7},
        {"id": 8, "needaction": False, "starred": True, "model": "discuss.channel", "res_id": 7},
    ]
    assert of(19).marked(rows) == Marked({5: 7, 6: 0}, frozenset({6, 8}), complete=True)
    assert not of(19).marked([{"id": n} for n in range(COUNTED)]).complete
