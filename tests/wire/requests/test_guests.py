"""Requests of guests, for each version, and their answers."""

from __future__ import annotations

from typing import Any

import pytest

from odoochat.errors import ProtocolError
from odoochat.model import Version
from odoochat.wire.requests.call import Route
from odoochat.wire.requests.guests import GuestRequests, guest_of
from odoochat.wire.requests.messages import OutgoingMessage
from odoochat.wire.versions.registry import table_for

MAJORS = range(16, 21)


def requests(major: int) -> GuestRequests:
    return GuestRequests(table_for(Version(major)))


@pytest.mark.parametrize(("cookie", "guest"), [("7|secret", 7), ('"7|secret"', 7), ("secret", 0), ("|x", 0), ("", 0)])
def test_the_cookie_names_the_guest(cookie: str, guest: int) -> None:
    assert guest_of(cookie) == guest


def test_rename() -> None:
    expected = Route("/mail/guest/update_name", {"guest_id": 7, "name": "Visitor"})
    assert all(requests(major).rename(7, "Visitor") == expected for major in MAJORS)


def test_the_channel_of_each_version() -> None:
    assert [requests(major).channel(3) for major in MAJORS] == [
        Route("/mail/init_messaging", {}),
        *[Route("/discuss/channel/info", {"channel_id": 3})] * 2,
        Route("/mail/data", {"fetch_params": [["discuss.channel", [3]]]}),
        Route("/mail/store", {"fetch_params": [["discuss.channel", [3]]]}),
    ]


FACTS: list[tuple[int, Any, dict[str, Any], int]] = [
    (
        16,
        {"channels": [{"id": 2}, {"id": 3, "channel": {"name": "team", "serverMessageUnreadCounter": 4}}]},
        {"name": "team"},
        4,
    ),
    (16, {"channels": [{"id": 3, "name": "team", "channel": False}]}, {"name": "team"}, 0),
    (17, {"id": 3, "name": "team", "message_unread_counter": 2}, {"name": "team"}, 2),
    (
        19,
        {
            "discuss.channel": [{"id": 2}, {"id": 3, "name": "team"}],
            "discuss.channel.member": [{"id": 8}, {"id": 9, "message_unread_counter": 5}],
        },
        {"name": "team"},
        5,
    ),
    (19, {"discuss.channel": [{"id": 3, "name": "team"}]}, {"name": "team"}, 0),
]


@pytest.mark.parametrize(("major", "answer", "row", "unread"), FACTS)
def test_the_record_and_the_unread_counter(major: int, answer: Any, row: dict[str, Any], unread: int) -> None:
    found = requests(major).channel_facts(answer, 3)
    assert found is not None
    assert (row.items() <= found[0].items(), found[1]) == (True, unread)


@pytest.mark.parametrize(
    "answer", [None, [], {"channels": []}, {"channels": [{"id": 2}]}, {"id": 2}, {}, {"discuss.channel": [{"id": 2}]}]
)
def test_a_channel_of_others_is_none(answer: Any) -> None:
    assert requests(19).channel_facts(answer, 3) is None


def test_a_page() -> None:
    assert requests(18).page(3, before=None, limit=30) == Route(
        "/discuss/channel/messages", {"channel_id": 3, "limit": 30}
    )
    assert requests(18).page(3, before=40, limit=30).params == {"channel_id": 3, "limit": 30, "before": 40}
    assert requests(16).page(3, before=40, limit=30) == Route(
        "/mail/channel/messages", {"channel_id": 3, "limit": 30, "max_id": 40}
    )


@pytest.mark.parametrize("major", MAJORS)
def test_a_post(major: int) -> None:
    asked = requests(major).post(OutgoingMessage(3, "<p>x</p>", "abc"))
    assert asked.path == "/mail/message/post"
    assert (asked.params["thread_id"], asked.params["post_data"]) == (
        3,
        {"body": "<p>x</p>", "message_type": "comment", "subtype_xmlid": "mail.mt_comment", "attachment_ids": []},
    )
    assert asked.params["thread_model"] == ("mail.channel" if major == 16 else "discuss.channel")
    assert asked.params.get("context") == ({"temporary_id": "abc"} if major >= 17 else None)


@pytest.mark.parametrize("major", MAJORS)
def test_a_reply_with_a_file(major: int) -> None:
    table = table_for(Version(major))
    asked = requests(major).post(OutgoingMessage(3, "x", "abc", reply_to=9, attachment_ids=(5,), tokens=("t",)))
    data = asked.params["post_data"]
    assert (data["parent_id"], data["attachment_ids"]) == (9, [5])
    holder = asked.params if table.tokens_beside_post else data
    other = data if table.tokens_beside_post else asked.params
    assert holder["attachment_tokens"] == ["t"]
    assert "attachment_tokens" not in other


@pytest.mark.parametrize(
    ("answer", "number"),
    [
        ({"id": 5, "body": "x"}, 5),
        ({"message_id": 5, "store_data": {}}, 5),
        ({"mail.message": [{"id": 4}, {"id": 5}]}, 5),
    ],
)
def test_the_id_of_a_post(answer: Any, number: int) -> None:
    assert requests(19).posted_id(answer) == number


@pytest.mark.parametrize("answer", [None, [], {}, {"mail.message": []}, {"mail.message": [{"id": False}]}])
def test_a_post_without_an_id_is_an_error(answer: Any) -> None:
    with pytest.raises(ProtocolError, match="returned no id"):
        requests(19).posted_id(answer)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"id": 5, "accessToken": "t"}, (5, "t")),
        ({"data": {"Attachment": [{"id": 5, "access_token": "t"}]}}, (5, "t")),
        ({"data": {"ir.attachment": [{"id": 5, "ownership_token": "t", "access_token": "u"}]}}, (5, "t")),
        ({"data": {"store_data": {"ir.attachment": [{"id": 5}]}, "attachment_id": 5}}, (5, "")),
    ],
)
def test_an_uploaded_file(answer: Any, expected: tuple[int, str]) -> None:
    assert requests(19).uploaded(answer) == expected


@pytest.mark.parametrize("answer", [None, {}, {"data": 7}, {"data": {"store_data": 7}}, {"id": 0}])
def test_an_upload_without_an_id_is_an_error(answer: Any) -> None:
    with pytest.raises(ProtocolError, match="returned no id"):
        requests(19).uploaded(answer)
