"""Sandboxes with many users, and what the tests of the pool wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from odoochat.client.timing import Timing
from odoochat.core.link import Policy
from odoochat.sandbox import Sandbox

STEADY = Timing(link=Policy(base=0.05, cap=0.5, wide=0.2, slow=0.05, upgrade=0.2, upgrade_cap=0.4), sweep=600.0)
"""Reconnects fast, and sweeps never: many clients share the loop with the sandbox."""


def hire(box: Sandbox, count: int) -> list[str]:
    """Creates users who are members of general, if they are not there yet; returns their logins."""
    state = box.world.state
    general = state.channels.by_name("general")
    assert general is not None
    logins = [f"user{number}" for number in range(count)]
    for login in logins:
        if login not in box.users:
            state.members.add(general["id"], state.accounts.partner_of(state.accounts.add_user(login)))
    return logins


async def until(found: Callable[[], Any], patience: float = 30.0) -> None:
    """Waits until a condition holds."""
    async with asyncio.timeout(patience):
        while not found():
            await asyncio.sleep(0.01)


def tasks() -> set[str]:
    """The names of the tasks that odoochat runs."""
    return {t.get_name() for t in asyncio.all_tasks() if t.get_name().startswith("odoochat")}
