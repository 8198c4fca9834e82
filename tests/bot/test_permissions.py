"""Permissions that ask Odoo, with the answers that live servers gave."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from odoochat import ConfigError, OdooChatError
from odoochat.bot import Bot, BotTester, channel_admin, internal_user, member_of
from odoochat.bot.permissions import is_member
from odoochat.sandbox import SandboxFixture


def a_bot() -> Bot:
    bot = Bot()

    @bot.command(allow=internal_user)
    def inside() -> str:
        return "in"

    @bot.command(allow=member_of("base.group_system"))
    def manage() -> str:
        return "managed"

    @bot.command(allow=channel_admin)
    def rename() -> str:
        return "renamed"

    return bot


def answers(tester: BotTester, field: str, *, share: bool, groups: set[int], creator: Any) -> None:
    """What 14 and 19 answer; `field` is the name of the members of a group there."""
    tester.answer("res.users", "search_read", [{"id": 5, "share": share}])
    tester.answer("ir.model.data", "check_object_reference", ["res.groups", 2])
    tester.answer("res.groups", "fields_get", {field: {"type": "many2many"}, "name": {"type": "char"}})

    def search(ids: Any, kwargs: dict[str, Any]) -> list[dict[str, int]]:
        (_, _, group), (name, _, users) = kwargs["domain"]
        assert name == field
        assert users == [5]
        return [{"id": group}] if group in groups else []

    tester.answer("res.groups", "search_read", search)
    tester.answer("discuss.channel", "read", [{"id": 1, "create_uid": creator}])


@pytest.mark.parametrize("field", ["users", "all_user_ids"])
async def test_groups_and_creators(field: str) -> None:
    async with BotTester(a_bot(), channel="general") as tester:
        answers(tester, field, share=False, groups={2}, creator=[1, "OdooBot"])
        assert await tester.say("/inside") == ["in"]
        assert await tester.say("/manage") == ["managed"]
        assert await tester.say("/rename") == ["renamed"]
        answers(tester, field, share=False, groups=set(), creator=[5, "Alice"])
        assert await tester.say("/manage") == ["/manage is for members of base.group_system only."]
        assert await tester.say("/rename") == ["renamed"]
        answers(tester, field, share=True, groups=set(), creator=False)
        assert await tester.say("/inside") == ["/inside is for internal users only."]
        assert await tester.say("/rename") == ["/rename is for administrators of the channel only."]


async def test_a_person_without_a_user_is_nobody() -> None:
    async with BotTester(a_bot(), channel="general") as tester:
        tester.answer("res.users", "search_read", [])
        for command in ("/inside", "/manage", "/rename"):
            assert (await tester.say(command))[0].endswith(" only.")


async def test_a_group_that_cannot_be_found_is_an_error_of_the_bot(caplog: pytest.LogCaptureFixture) -> None:
    async with BotTester(a_bot()) as tester:
        tester.answer("res.users", "search_read", [{"id": 5, "share": False}])

        def missing(ids: Any, kwargs: Any) -> Any:
            raise ValueError("No record found for unique ID")

        tester.answer("ir.model.data", "check_object_reference", missing)
        with caplog.at_level(logging.ERROR, "odoochat"):
            assert await tester.say("/manage") == ["/manage failed; see the bot's log for details."]
    assert "cannot find the group base.group_system" in caplog.text
    with pytest.raises(ConfigError, match="is not a group's external id"):
        member_of("administrators")


@pytest.mark.odoo_versions(14, 18, 19, 20)
async def test_the_sandbox_has_the_groups_of_its_users(odoo_sandbox: SandboxFixture) -> None:
    async with BotTester(a_bot(), odoo_sandbox, person="admin", channel="games") as tester:
        assert await tester.say("/manage") == ["managed"]
        assert await tester.say("/rename") == ["renamed"]
        assert await tester.say("/inside", by="ann") == ["in"]
        assert await tester.say("/manage", by="ann") == ["/manage is for members of base.group_system only."]


async def test_groups_of_portal_users_and_groups_that_the_sandbox_does_not_have(odoo_sandbox: SandboxFixture) -> None:
    customer = odoo_sandbox.add_user("customer", portal=True)
    async with odoo_sandbox.login("ann", live=False) as ann:
        _, portal = await ann.execute("ir.model.data", "check_object_reference", module="base", xml_id="group_portal")
        (group,) = await ann.execute("res.groups", "search_read", domain=[["id", "=", portal]])
        assert group["all_user_ids"] == [customer.id]
        with pytest.raises(ConfigError, match="cannot find the group base.no: External ID not found in the system"):
            await is_member(ann, ann.me.author, "base", "no")
        with pytest.raises(OdooChatError, match="Invalid field"):
            await ann.execute("res.groups", "search_read", domain=[["nothing", "=", 1]])
        rows = await ann.execute("res.groups", "search_read", domain=[["id", "in", [1, 4]]], fields=["name"], limit=1)
        assert rows == [{"id": 1, "name": "User"}]
