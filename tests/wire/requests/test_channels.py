"""Requests about channels, for each version."""

from __future__ import annotations

from typing import Any

import pytest

from odoochat.errors import ProtocolError
from odoochat.model import Version
from odoochat.wire.requests.call import Call, Route
from odoochat.wire.requests.channels import ChannelRequests, seen_up_to
from odoochat.wire.versions.registry import MAJORS, table_for


def requests(major: int, *, by_session: bool = True) -> ChannelRequests:
    return ChannelRequests(table_for(Version(major)), by_session=by_session)


def name_of(asked: Call | Route) -> str:
    """The method of a call, the path or the handler of a route."""
    if isinstance(asked, Call):
        return asked.method
    return asked.params["fetch_params"][0][0] if "fetch_params" in asked.params else asked.path


def of_each(ask: Any, *, by_session: bool = True) -> list[str]:
    return [name_of(ask(requests(major, by_session=by_session))) for major in MAJORS]


def test_the_method_or_handler_of_each_version() -> None:
    assert of_each(lambda r: r.create("team", public=True)) == ["channel_create"] * 2 + ["create"] * 5
    assert of_each(lambda r: r.create_group([3], "x"))[1:] == [
        *["create_group"] * 4, "/discuss/create_group", "create",
    ]  # fmt: skip
    assert of_each(lambda r: r.create_group([3], "x"), by_session=False)[4:] == ["create_group", "create", "create"]
    assert of_each(lambda r: r.get_chat(3)) == ["channel_get"] * 5 + ["/discuss/get_or_create_chat"] * 2
    assert of_each(lambda r: r.browse("", 5)) == ["channel_search_to_join"] * 2 + ["search_read"] * 5
    assert of_each(lambda r: r.join(7)) == ["channel_join_and_get_info"] + ["channel_join"] * 6
    assert of_each(lambda r: r.invite(7, [3])) == [
        "channel_invite", *["add_members"] * 5, "/discuss/channel/add_members",
    ]  # fmt: skip
    assert of_each(lambda r: r.invite(7, [3]), by_session=False)[-1] == "create"
    assert of_each(lambda r: r.remove(4)) == ["unlink"] * 6 + ["/discuss/channel/remove_member"]
    assert of_each(lambda r: r.rename(7, "x")) == ["write"] + ["channel_rename"] * 6
    assert of_each(lambda r: r.describe(7, "x")) == ["write"] + ["channel_change_description"] * 6
    assert [requests(m, by_session=False).gets_chats for m in MAJORS] == [True] * 5 + [False] * 2
    assert all(requests(m).gets_chats for m in MAJORS)
    assert [requests(m).creates_silently for m in MAJORS] == [False] * 2 + [True] * 5


def test_what_each_version_reads() -> None:
    def fields(major: int) -> Any:
        return requests(major).fetch([7]).kwargs["fields"]

    assert [("message_unread_counter" in fields(m)) for m in MAJORS] == [True] * 2 + [False] * 5
    assert [("member_count" in fields(m)) for m in MAJORS] == [False] * 2 + [True] * 5
    assert [("parent_channel_id" in fields(m)) for m in MAJORS] == [False] * 4 + [True] * 3
    members: list[Any] = [requests(m).fetch_members(7).kwargs["fields"] for m in MAJORS]
    assert [("guest_id" in of) for of in members] == [False] + [True] * 6


def test_a_group_of_fifteen_has_no_name() -> None:
    assert requests(15).create_group([3], "x").kwargs == {"partners_to": [3]}
    rows: Any = requests(20, by_session=False).create_group([3], "x")
    assert rows.kwargs["vals_list"][0]["channel_member_ids"] == [[0, 0, {"partner_id": 3}]]


def test_a_thread() -> None:
    assert requests(18).created_thread({"sub_channel": {"id": 9, "model": "discuss.channel"}}) == 9
    assert requests(19).created_thread({"sub_channel": 9}) == 9
    with pytest.raises(ProtocolError, match="returned no thread"):
        requests(19).created_thread({})
    domain: Any = requests(18).browse("gen", 5).kwargs["domain"]
    assert ["parent_channel_id", "=", False] in domain
    assert ["name", "ilike", "gen"] in domain


def test_reads_by_domain() -> None:
    for major, channel in ((14, "mail.channel"), (19, "discuss.channel")):
        made = requests(major)
        assert made.fetch_uuid(7) == Call(channel, "read", (7,), {"fields": ["uuid"]})
        threads = made.fetch_threads(7)
        assert (threads.model, threads.method) == (channel, "search_read")
        assert threads.kwargs["domain"] == [["parent_channel_id", "=", 7]]
        assert threads.kwargs["order"] == "id desc"
        counts = made.count_replies(7)
        assert (counts.model, counts.method) == (channel, "search_read")
        assert counts.kwargs == {"domain": [["parent_channel_id", "=", 7]], "fields": ["message_count"]}


@pytest.mark.parametrize("public", [True, False])
def test_who_may_join_a_new_channel(public: bool) -> None:
    assert requests(14).create("x", public=public).kwargs == {"name": "x", "privacy": "public" if public else "groups"}
    row = {"name": "x", "channel_type": "channel"} | ({"group_public_id": False} if public else {})
    assert requests(19).create("x", public=public).kwargs == {"vals_list": [row]}


def test_a_chat_without_a_session_has_the_other_member() -> None:
    row = {"channel_type": "chat", "name": "", "channel_member_ids": [[0, 0, {"partner_id": 3}]]}
    assert requests(19).create_chat(3) == Call("discuss.channel", "create", None, {"vals_list": [row]})


def test_leave() -> None:
    assert requests(16).leave(7) == Call("mail.channel", "action_unfollow", (7,), {})


@pytest.mark.parametrize(("name", "sent"), [("", None), ("plans", "plans")])
def test_a_new_thread_may_be_named_by_the_server(name: str, sent: str | None) -> None:
    assert requests(18).create_thread(7, name, 5) == Route(
        "/discuss/channel/sub_channel/create", {"parent_channel_id": 7, "from_message_id": 5, "name": sent}
    )


@pytest.mark.parametrize(
    ("row", "number"), [({"seen_message_id": [5, "x"]}, 5), ({"seen_message_id": False}, 0), ({}, 0)]
)
def test_the_last_message_that_a_member_has_read(row: dict[str, Any], number: int) -> None:
    assert seen_up_to(row) == number
