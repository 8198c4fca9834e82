"""Requests about files, people, presence and the echo; which requests are repeatable; ``session_info``."""

from __future__ import annotations

from typing import Any

import pytest

from odoochat.model import Version
from odoochat.wire.envelopes.frames import Notification
from odoochat.wire.requests.call import Call, Route
from odoochat.wire.requests.echo import echo, fetch_settings, is_echo
from odoochat.wire.requests.pages import inbox_page, messages_page
from odoochat.wire.requests.people import fetch_partner_names
from odoochat.wire.requests.presence import AWAY_MILLISECONDS
from odoochat.wire.requests.repeats import repeatable
from odoochat.wire.session_info import page_session, worker_of
from odoochat.wire.versions.registry import MAJORS, dialect_for, table_for


@pytest.mark.parametrize("major", MAJORS)
def test_contents_and_pictures(major: int) -> None:
    files = dialect_for(Version(major)).files
    whole = {"context": {"include_binary_content": True}} if major == 20 else {}
    content = "raw" if major == 20 else "datas"
    assert files.read_content(7) == Call("ir.attachment", "read", (7,), {"fields": [content], **whole})
    picture = "image_128" if major == 14 else "avatar_128"
    assert files.read_picture("res.partner", 8) == Call("res.partner", "read", (8,), {"fields": [picture], **whole})


def test_facts_about_files() -> None:
    fields = ["name", "mimetype", "file_size"]
    for major, model in ((16, "mail.channel"), (17, "discuss.channel")):
        files = dialect_for(Version(major)).files
        assert files.fetch([5]) == Call(
            "ir.attachment", "search_read", None, {"domain": [["id", "in", [5]]], "fields": fields}
        )
        assert files.fetch_of_channel(7, 30) == Call("ir.attachment", "search_read", None, {
            "domain": [["res_model", "=", model], ["res_id", "=", 7]], "fields": fields, "limit": 30, "order": "id desc",
        })  # fmt: skip


def test_pages_of_the_inbox() -> None:
    page = {"limit": 30, "before": 9}
    assert inbox_page(table_for(Version(18)), page) == Route("/mail/inbox/messages", page)
    assert inbox_page(table_for(Version(19)), page) == Route("/mail/inbox/messages", {"fetch_params": page})


def test_pages_of_a_channel_in_sixteen() -> None:
    asked = messages_page(table_for(Version(16)), "", 7, {"limit": 30, "before": 9})
    assert asked == Route("/mail/channel/messages", {"channel_id": 7, "limit": 30, "max_id": 9})


def test_presence_of_each_version() -> None:
    asked: list[Any] = [dialect_for(Version(m)).presence.set_status("away", 6) for m in MAJORS]
    assert [a.path if isinstance(a, Route) else a.method for a in asked] == [
        *["update"] * 3, *["update_presence"] * 2, *["/mail/set_manual_im_status"] * 2,
    ]  # fmt: skip
    assert asked[0].kwargs == {"inactivity_period": AWAY_MILLISECONDS}
    assert asked[1].kwargs == asked[0].kwargs | {"identity_field": "user_id", "identity_value": 6}
    named = [dialect_for(Version(m)).presence.channels({8: 6, 9: 0}) for m in MAJORS]
    assert named[2:4] == [[], ["odoo-presence-res.partner_8", "odoo-presence-res.partner_9"]]
    assert named[-1] == ["odoo-presence-res.users_6"]


def test_the_echo() -> None:
    assert echo(5).ids == (5,)
    assert fetch_settings(6).kwargs["domain"] == [["user_id", "=", 6]]
    assert is_echo(Notification(1, "res.users.settings", {"id": 5}))
    assert not is_echo(Notification(1, "discuss.channel/new_message", {}))


def test_names_of_archived_partners_are_fetched_too() -> None:
    assert fetch_partner_names([3]).kwargs["domain"] == [["id", "in", [3]], ["active", "in", [True, False]]]


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (Call("mail.message", "search_read"), True),
        (Call("mail.message", "toggle_message_starred"), False),
        (Call("discuss.channel", "message_post"), False),
        (Route("/mail/message/post", {}), False),
        (Route("/discuss/channel/mark_as_read", {}), True),
        (Route("/mail/store", {"fetch_params": ["init_messaging"]}), True),
        (Route("/mail/store", {"fetch_params": [["/discuss/channel/add_members", {}, 1]]}), False),
        (Route("/mail/action", {"fetch_params": [["/discuss/create_group", {}, 1]]}), False),
        (Route("/mail/store", {"fetch_params": [7]}), False),
    ],
)
def test_repeatable_requests(action: Call | Route, expected: bool) -> None:
    assert repeatable(action) is expected


def test_session_info() -> None:
    assert worker_of({"websocket_worker_version": "19.0-2"}) == ("19.0-2", 0)
    assert worker_of({"bus_info": {"worker_version": "20.0-1", "last_id": 7}}) == ("20.0-1", 7)
    assert worker_of({"websocket_worker_version": 3}) == ("", 0)
    page = '<script>odoo.__session_info__ = {broken; odoo.__session_info__ = {"db": "x"};</script>'
    assert page_session(page) == {"db": "x"}
    assert page_session("<html></html>") == {}
    assert page_session('session_info = [1]; session_info = {"uid": 2}') == {"uid": 2}
