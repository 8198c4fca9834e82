"""Names of people: "Company, Person" in rows, mostly "Person" in notifications; and messages without an author."""

from __future__ import annotations

import json

import pytest

from odoochat.sandbox import Sandbox
from tests.sandbox.raw import Raw

every_version = pytest.mark.parametrize("sandbox", [14, 15, 16, 17, 18, 19, 20], indirect=True)


def notified(sandbox: Sandbox) -> str:
    """Everything that was sent over the bus, as text."""
    rows = sandbox.world.state.db.column("SELECT message FROM bus")
    return "\n".join(json.dumps(json.loads(row), ensure_ascii=False) for row in rows)


@every_version
async def test_a_row_names_the_company_and_the_bus_the_person(sandbox: Sandbox, alice: Raw) -> None:
    accounts = sandbox.world.state.accounts
    company = accounts.add_partner("Acme")
    bob = sandbox.users["bob"][1]
    accounts.change_partner(bob, parent_id=company)
    made = sandbox.world.post("bob", "general", "hello")
    (row,) = await alice.x("mail.message", "read", [made], ["author_id"])
    assert row["author_id"] == [bob, "Acme, Bob"]
    assert ("Acme" in notified(sandbox)) == (sandbox.version < 16)
    (partner,) = await alice.x("res.partner", "read", [bob], ["name", "display_name", "parent_id"])
    assert (partner["name"], partner["display_name"], partner["parent_id"]) == ("Bob", "Acme, Bob", [company, "Acme"])
    accounts.change_partner(bob, name="Robert")
    (row,) = await alice.x("mail.message", "read", [made], ["author_id"])
    assert row["author_id"] == [bob, "Acme, Robert"]


@every_version
async def test_a_message_of_an_unknown_sender_has_only_its_address(sandbox: Sandbox, alice: Raw) -> None:
    model, words = sandbox.world.state.channel_model, "Some One <some@example.org>"
    made = await alice.x(
        model, "message_post", [1], body="x", author_id=False, email_from=words, message_type="comment",
        subtype_xmlid="mail.mt_comment",
    )  # fmt: skip
    row_id = made[0] if isinstance(made, list) else made
    (row,) = await alice.x("mail.message", "read", [row_id], ["author_id", "email_from"])
    assert (row["author_id"], row["email_from"]) == (False, words)
    live = notified(sandbox)
    assert words in live
    early = f'"author_id": [0, "{words}"]'
    author = {14: early, 15: early, 16: '"author": [["clear"]]', 17: '"author": false', 18: '"author": false'}
    assert author.get(int(sandbox.version), '"author_id": false') in live


@every_version
async def test_a_portal_user_sees_only_its_channels_and_no_notes(sandbox: Sandbox) -> None:
    world = sandbox.world
    uid = world.state.accounts.add_user("customer", portal=True)
    room = world.channels.create(world.uid("bob"), "with a customer", "group", partners=[world.partner("customer")])
    shown = world.post("bob", room, "for all")
    world.post("bob", room, "among us", subtype=2)
    world.post("bob", "general", "for employees")
    async with Raw(sandbox.url, sandbox.db, "customer") as customer:
        await customer.log_in()
        assert customer.uid == uid
        model = world.state.channel_model
        assert await customer.x(model, "search", []) == [room]
        assert await customer.x("mail.message", "search", [["model", "=", model]]) == [shown]
