"""Requests about the user's own memberships, for each version."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from odoochat.model import Version
from odoochat.wire.requests.call import Call, Route
from odoochat.wire.requests.channels import ChannelRequests
from odoochat.wire.requests.membership import MembershipRequests
from odoochat.wire.versions.registry import table_for

NOW = datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC)


def requests(major: int, *, by_session: bool = True) -> MembershipRequests:
    return MembershipRequests(table_for(Version(major)), by_session=by_session)


@pytest.mark.parametrize("major", [14, 15])
def test_early_versions_show_a_channel_by_its_uuid(major: int) -> None:
    asked = requests(major).show(7, 0, "secret", True, now=NOW)
    assert asked == Call("mail.channel", "channel_pin", None, {"uuid": "secret", "pinned": True})


@pytest.mark.parametrize("major", [16, 17, 18, 19])
def test_later_versions_show_a_channel_by_its_id(major: int) -> None:
    asked = requests(major, by_session=False).show(7, 0, "", False, now=NOW)
    assert isinstance(asked, Call)
    assert (asked.method, asked.ids, asked.kwargs) == ("channel_pin", (7,), {"pinned": False})


def test_twenty_hides_a_channel_from_the_next_second_on() -> None:
    asked: Any = requests(20, by_session=False).show(7, 3, "", False, now=NOW)
    assert asked == Call("discuss.channel.member", "write", (3,), {"vals": {"unpin_dt": "2026-11-23 00:00:00"}})
    asked = requests(20, by_session=False).show(7, 3, "", True, now=NOW)
    assert asked.kwargs == {"vals": {"unpin_dt": False}}
    by_session = Route(
        "/mail/store", {"fetch_params": [["/discuss/channel/pin", {"channel_id": 7, "pinned": True}, 1]]}
    )
    assert requests(20).show(7, 0, "", True, now=NOW) == by_session


@pytest.mark.parametrize(
    ("minutes", "whole", "until"),
    [
        (None, -1, "9999-12-31 23:59:59"),
        (0, 0, False),
        (0.2, 1, "2026-11-23 00:00:11"),
        (30, 30, "2026-11-23 00:29:59"),
    ],
)
@pytest.mark.parametrize(("major", "path"), [(17, "/discuss/channel/mute"), (18, "/discuss/settings/mute")])
def test_muting(major: int, path: str, minutes: float | None, whole: int, until: object) -> None:
    asked = requests(major).mute(7, 0, minutes, now=NOW)
    assert asked == Route(path, {"channel_id": 7, "minutes": whole})
    asked = requests(major, by_session=False).mute(7, 3, minutes, now=NOW)
    assert asked == Call("discuss.channel.member", "write", (3,), {"vals": {"mute_until_dt": until}})


def test_a_key_needs_the_membership_where_there_is_no_call() -> None:
    assert not requests(20).shows_by_member and not requests(20).notifies_by_member
    assert requests(20, by_session=False).shows_by_member and requests(20, by_session=False).notifies_by_member
    assert not requests(19, by_session=False).shows_by_member


def test_what_notifies_the_user() -> None:
    assert requests(17).notify(7, 0, None) == Route(
        "/discuss/channel/update_custom_notifications", {"channel_id": 7, "custom_notifications": False}
    )
    assert requests(19, by_session=False).notify(7, 3, "mentions") == Call(
        "discuss.channel.member", "write", (3,), {"vals": {"custom_notifications": "mentions"}}
    )


def test_one_membership_and_newer_ones() -> None:
    found = requests(19).fetch_id(7, 3)
    assert (found.model, found.method) == ("discuss.channel.member", "search_read")
    assert found.kwargs == {
        "domain": [["channel_id", "=", 7], ["partner_id", "=", 3]], "fields": ["id"], "limit": 1,
    }  # fmt: skip
    assert requests(15).fetch_last(3, 40) == Call("mail.channel.partner", "search_read", None, {
        "domain": [["partner_id", "=", 3]], "fields": ["id"], "order": "id", "offset": 39, "limit": 2,
    })  # fmt: skip
    assert requests(15).fetch_last(3, 0).kwargs["offset"] == 0


def test_the_last_change_of_memberships_and_channels() -> None:
    newest = {"fields": ["write_date"], "order": "write_date desc, id desc", "limit": 1}
    assert requests(19).fetch_newest_change(3) == Call(
        "discuss.channel.member", "search_read", None, {"domain": [["partner_id", "=", 3]], **newest}
    )
    assert ChannelRequests(table_for(Version(14))).fetch_newest_change(3) == Call(
        "mail.channel", "search_read", None, {"domain": [["channel_partner_ids", "in", [3]]], **newest}
    )
