"""The late-commit story: ids are given at insert and rows become visible at commit, so a lower id can appear later.

Two cursors in an Odoo process: A posts in one channel and stays open, B posts in another one and commits, then A
commits. Whoever asks for "id greater than the last" loses what A posted.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from typing import Any

from msgspec import Struct

from tests.chaos.listening import Listener
from tests.chaos.odoo import Hand, Odoo


class Outcome(Struct):
    """Outcome of one late commit.

    Attributes:
        early, late: the messages' ids: `late` is the lower one.
        heard: by listener: how often each came, and seconds from the commit to the late one.
    """

    open_for: float
    flush: bool
    early: int
    late: int
    heard: dict[str, tuple[int, int, float]]

    @property
    def good(self) -> bool:
        """Whether every listener received both, once."""
        return self.late < self.early and all(h[:2] == (1, 1) for h in self.heard.values())


async def story(odoo: Odoo, cases: list[tuple[float, bool]], *, patience: float = 45.0) -> list[Outcome]:
    """Plays it for every transport of the version; `odoo` runs.

    Args:
        odoo: the server; it runs.
        cases: for how many seconds A stays open, and whether its bus rows have their ids from the beginning too.
        patience: seconds within which a message must be delivered.
    """
    tag = f"late{int(time.time() * 10) % 10_000_000}"
    transports = ("websocket", "peek", "rpc") if odoo.version >= 16 else ("longpoll", "rpc")
    names = [*transports, "rpc+key"]
    logins = {name: f"{tag}-{name.replace('+', '-')}" for name in names}
    async with AsyncExitStack() as stack:
        hand = await stack.enter_async_context(Hand(odoo))
        # each transaction in a process of its own where all cursors of a process share one cache
        other = hand if odoo.version >= 16 else await stack.enter_async_context(Hand(odoo))
        people = [f"{tag}-a", f"{tag}-b", *logins.values()]
        world = await hand.world(people, [f"{tag}-1", f"{tag}-2"], [logins["rpc+key"]])
        if other is not hand:
            await other.ask("rollback", cursor_name="main")  # to see what was just made
        listeners: list[Listener] = []
        for name, login in logins.items():
            how: dict[str, Any] = {"login": login, "transport": name.removesuffix("+key")}
            how |= {"api_key": world.keys[login]} if name.endswith("+key") else {"password": login}
            listeners.append(Listener(name, odoo, world.channels, how))
            stack.push_async_callback(listeners[-1].stop)
        await asyncio.gather(*(listener.start() for listener in listeners))
        first, second = (f"{tag}-a", f"{tag}-b")
        outcomes = []
        for n, (open_for, flush) in enumerate(cases):
            cursor = "A" if other is hand else "main"
            late = await hand.post(
                world.uids[first], world.channels[0], f"late {n}", cursor=cursor, flush=flush, commit=False
            )
            early = await other.post(
                world.uids[second], world.channels[1], f"early {n}", cursor="B" if other is hand else "main"
            )
            await asyncio.sleep(open_for)
            await hand.commit(cursor)
            committed = time.monotonic()
            took: dict[str, float] = {}
            while len(took) < len(listeners) and time.monotonic() - committed < patience:
                for listener in listeners:
                    if listener.seen[late] and listener.seen[early]:
                        took.setdefault(listener.name, time.monotonic() - committed)
                await asyncio.sleep(0.02)
            await asyncio.sleep(2.5)  # time for doubles
            outcomes.append(
                Outcome(
                    open_for,
                    flush,
                    early,
                    late,
                    {w.name: (w.seen[early], w.seen[late], round(took.get(w.name, -1.0), 2)) for w in listeners},
                )
            )
        return outcomes
