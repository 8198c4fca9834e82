"""Paths in domains: terms about the record of a many2one field, as real 14 and 19 answered."""

from __future__ import annotations

from typing import Any

import pytest

from odoochat.sandbox import Sandbox
from tests.sandbox.raw import Raw

every_version = pytest.mark.parametrize("sandbox", [14, 15, 16, 17, 18, 19, 20], indirect=True)


@every_version
async def test_a_path_means_the_records_that_point_to_a_match(sandbox: Sandbox, alice: Raw) -> None:
    model = sandbox.world.state.member_model
    rows = await alice.x(model, "search_read", [["channel_id.name", "=", "general"]], ["channel_id"])
    assert rows
    assert {row["channel_id"][0] for row in rows} == {sandbox.world.channel("general")}
    everything = await alice.x(model, "search_count", [])
    others = await alice.x(model, "search_count", [["channel_id.name", "!=", "general"]])
    assert len(rows) + others == everything
    both = ["|", ["channel_id.name", "=", "general"], ["channel_id.id", "!=", sandbox.world.channel("general")]]
    assert await alice.x(model, "search_count", both) == everything


@every_version
async def test_an_empty_field_matches_no_path(sandbox: Sandbox, alice: Raw) -> None:
    state = sandbox.world.state
    company = state.accounts.add_partner("Acme", active=False)
    bob = sandbox.world.partner("bob")
    state.db.run("UPDATE partner SET parent_id = ? WHERE id = ?", company, bob)
    found: list[list[Any]] = [["parent_id.name", "=", "Acme"], ["parent_id.name", "!=", "x"], ["parent_id.id", ">", 0]]
    for term in found:
        assert await alice.x("res.partner", "search", [term]) == [bob], term
    empty: list[list[Any]] = [["parent_id.name", "=", False], ["parent_id.id", "=", False]]
    for term in [*empty, ["parent_id.name", "!=", "Acme"], ["parent_id.name", "not ilike", "acme"]]:
        assert await alice.x("res.partner", "search", [term]) == [], term


@every_version
async def test_a_path_goes_over_several_fields(sandbox: Sandbox, alice: Raw) -> None:
    world = sandbox.world
    world.post("bob", "general", "a path")
    company = world.state.accounts.add_partner("Acme")
    world.state.db.run("UPDATE partner SET parent_id = ? WHERE id = ?", company, world.partner("bob"))
    found = await alice.x(
        "mail.message",
        "search_read",
        [["author_id.parent_id.name", "=", "Acme"], ["body", "ilike", "a path"]],
        ["body"],
    )
    assert ["a path" in row["body"] for row in found] == [True]


@every_version
async def test_a_path_leads_only_to_what_one_may_read(sandbox: Sandbox, alice: Raw) -> None:
    world = sandbox.world
    hidden = world.channels.create(world.uid("carol"), "hidden", "group", partners=[world.partner("dave")])
    model = world.state.member_model
    assert await alice.x(model, "search_count", [["channel_id.name", "=", "hidden"]]) == 0
    async with Raw(sandbox.url, sandbox.db, "dave") as dave:
        rows = await dave.x(model, "search_read", [["channel_id.name", "=", "hidden"]], ["channel_id"])
        assert [row["channel_id"][0] for row in rows] == [hidden, hidden]
    secret = world.post("carol", hidden, "secret")
    world.post("bob", "general", "an answer", parent=secret)
    assert await alice.x("mail.message", "search_count", [["parent_id.body", "ilike", "secret"]]) == 0


@every_version
async def test_wrong_paths_are_named(sandbox: Sandbox, alice: Raw) -> None:
    channel, member = sandbox.world.state.channel_model, sandbox.world.state.member_model
    for path, text in (
        ("channel_id.nope", f"Invalid field {channel}.nope in condition ('nope', '=', 1)"),
        ("nope.name", f"Invalid field {member}.nope in condition ('nope.name', '=', 1)"),
        ("channel_id.name.nope", f"Invalid field property 'nope' on {channel}.name"),
    ):
        _, refused = await alice.fault(member, "search", [[path, "=", 1]])
        assert text in refused
