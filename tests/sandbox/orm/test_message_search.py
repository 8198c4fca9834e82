"""Search among other people's messages: the meaning of limit and offset, as real servers answered."""

from __future__ import annotations

from typing import Any

import pytest

from odoochat.sandbox import Sandbox
from odoochat.sandbox.orm import queries
from tests.sandbox.raw import Raw

every_version = pytest.mark.parametrize("sandbox", [14, 15, 16, 17, 18, 19, 20], indirect=True)

# 6 messages in general, 20 in a group of others, 2 in general: (offset, limit, order) -> how many alice gets.
# Seen on live 14 and 19 alike.
SHORT = {
    (0, None, None): 8,
    (0, 5, None): 2,
    (0, 10, None): 2,
    (0, 22, None): 2,
    (0, 24, None): 4,
    (2, 5, None): 0,
    (20, 5, None): 3,
    (23, 5, None): 5,
    (0, 5, "id asc"): 5,
    (0, 8, "id asc"): 6,
    (5, None, None): 6,
    (21, None, None): 6,
}


def others_write(sandbox: Sandbox) -> tuple[str, list[list[Any]]]:
    """Post the messages of `SHORT`; return the model, and a domain that finds all of them."""
    world = sandbox.world
    room = world.channels.create(world.uid("carol"), "elsewhere", "group", partners=[world.partner("dave")])
    for number in range(28):
        hidden = 6 <= number < 26
        world.post("carol" if hidden else "bob", room if hidden else "general", f"probe {number}")
    model = world.state.channel_model
    return model, [["model", "=", model], ["body", "ilike", "probe"]]


@every_version
async def test_the_limit_counts_what_one_may_not_read(sandbox: Sandbox, alice: Raw) -> None:
    _, domain = others_write(sandbox)
    for (offset, limit, order), count in SHORT.items():
        full = len(range(8)[offset:][:limit])
        named = {"offset": offset, "limit": limit, "order": order}
        given = {name: value for name, value in named.items() if value is not None}
        expected = count if sandbox.version < 20 else full
        assert len(await alice.x("mail.message", "search", domain, **given)) == expected, given
        assert len(await alice.x("mail.message", "search_read", domain, ["id"], **given)) == expected, given
    assert await alice.x("mail.message", "search_count", domain) == 8
    if sandbox.version >= 16:  # counted from the oldest
        assert await alice.x("mail.message", "search_count", domain, limit=5) == 5


@every_version
async def test_a_domain_of_ones_own_channels_gives_full_pages(sandbox: Sandbox, alice: Raw) -> None:
    _, domain = others_write(sandbox)
    found = await alice.x("mail.message", "search", [*domain, ["res_id", "in", [1]]], limit=5)
    assert len(found) == 5


@pytest.mark.parametrize("sandbox", [20], indirect=True)
async def test_twenty_refuses_too_many_hits_without_a_model(
    sandbox: Sandbox, alice: Raw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "_SEARCH_LIMIT", 20)
    _, domain = others_write(sandbox)
    code, text = await alice.fault("mail.message", "search", domain[1:])
    assert code == 1
    assert "ValueError: Cannot search, too many messages" in text
    assert len(await alice.x("mail.message", "search", domain)) == 8
