"""The name of the current user, as the server sent it."""

from __future__ import annotations

from typing import Any

import pytest

import odoochat
from odoochat.sandbox import Sandbox


@pytest.mark.parametrize("by", ["password", "api_key"])
async def test_the_own_name_is_safe_to_show(by: str) -> None:
    async with Sandbox(19) as box:
        box.world.state.db.run(
            "UPDATE partner SET name = ? WHERE id = ?", "Bo\x1b[31mb\u202e\nx", box.world.partner("bob")
        )
        secret = "bob" if by == "password" else box.api_key("bob")
        how: Any = {by: secret}
        async with odoochat.connect(box.url, login="bob", live=False, **how) as bob:
            name = bob.me.name
    assert name
    assert not {"\x1b", "\u202e", "\n"} & set(name)
