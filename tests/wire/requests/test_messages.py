"""Requests about messages and memberships, for each version."""

from __future__ import annotations

from typing import Any

import pytest

from odoochat.errors import ProtocolError
from odoochat.model import Version
from odoochat.wire.requests.call import Call, Route
from odoochat.wire.requests.messages import OutgoingMessage
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
    def road(asked: Call | Route) -> str:
        return asked.path if isinstance(asked, Route) else asked.method

    assert [road(dialect_for(Version(m)).membership.typing(1, True)) for m in MAJORS] == [
        *["notify_typing"] * 2,
        "/mail/channel/notify_typing",
        *["/discuss/channel/notify_typing"] * 4,
    ]
    assert [road(dialect_for(Version(m)).messages.mark_read(1, 3, 5, session=True)) for m in MAJORS] == [
        "channel_seen",
        *["/mail/channel/set_last_seen_message"] * 2,
        "/discuss/channel/set_last_seen_message",
        *["/discuss/channel/mark_as_read"] * 3,
    ]
    assert [road(dialect_for(Version(m)).channels.get_chat(8)) for m in MAJORS] == [
        *["channel_get"] * 5,
        "/mail/action",
        "/mail/store",
    ]
    assert [dialect_for(Version(m)).table.check_outdated for m in MAJORS] == [False] * 6 + [True]
