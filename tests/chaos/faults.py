"""Faults and their times, drawn from a seed."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Sequence

import aiohttp

from tests.chaos.listening import Listener
from tests.chaos.odoo import Odoo, World

NET = ("rst", "fin", "half", "hole", "freeze", "delay", "refuse", "answer", "session", "password")
WEIGHTS = (6, 4, 2, 2, 4, 3, 3, 4, 2, 1)


class Faults:
    """Makes everything go wrong that can.

    Args:
        seconds: within which the server is stopped, killed and restarted at least once each; then the same again.
        gap: seconds between two faults of one listener, on average.
    """

    def __init__(
        self, odoo: Odoo, world: World, listeners: Sequence[Listener], *, seed: int, seconds: float, gap: float
    ) -> None:
        self._odoo = odoo
        self._world = world
        self._listeners = listeners
        self._seed = seed
        self._seconds = seconds
        self._gap = gap
        self.server: Counter[str] = Counter()
        self.sessions: Counter[str] = Counter()
        self.failed: list[str] = []
        self.log: list[tuple[float, str]] = []
        self._began = 0.0
        self._starting: asyncio.Future[None] | None = None

    def _say(self, text: str) -> None:
        self.log.append((time.monotonic() - self._began, text))

    async def run(self) -> None:
        """Injects faults until it is cancelled; `heal` ends them all."""
        self._began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for listener in self._listeners:
                group.create_task(self._trouble(listener))
            group.create_task(self._trouble_server())

    async def _trouble(self, listener: Listener) -> None:
        chance = random.Random(f"{self._seed} {listener.name}")
        proxy = listener.proxy
        # an unclear post is looked for over a while: cut more often than that, nothing is sent at all
        gap = self._gap * (2 if listener.name.startswith("sender") else 1)
        async with aiohttp.ClientSession() as http:
            while True:
                await asyncio.sleep(chance.uniform(0.3, 1.7) * gap)
                kind = chance.choices(NET, WEIGHTS)[0]
                a, b = chance.random(), chance.random()
                self._say(f"{listener.name}: {kind} {a:.2f} {b:.2f}")
                match kind:
                    case "rst":
                        proxy.cut()
                    case "fin":
                        proxy.cut(fin=True)
                    case "half":
                        proxy.half_close()
                    case "hole":
                        proxy.hole()
                    case "freeze":
                        await proxy.freeze(1 + 7 * a)
                        if b < 0.5:
                            proxy.cut()
                    case "delay":
                        await proxy.delay(0.02 + 0.2 * a, 3 + 5 * b)
                    case "refuse":
                        await proxy.refuse(0.5 + 6 * a, cut=b < 0.7)
                    case "answer":
                        proxy.cut_answer(0 if a < 0.5 else int(b * 2000))
                    case "session" | "password":
                        try:
                            await self._end_session(listener, http, kind)
                            self.sessions[kind] += 1
                        except (aiohttp.ClientError, TimeoutError, OSError, RuntimeError, ValueError) as error:
                            self.failed.append(f"{kind} of {listener.name}: {type(error).__name__} {error}")

    async def _end_session(self, listener: Listener, http: aiohttp.ClientSession, kind: str) -> None:
        if kind == "session":
            cookie = listener.client._connection.session.http.session_id if listener.client is not None else None
            if not cookie:
                raise ValueError("it has no session")
            await self._odoo.log_out(http, cookie)
            return
        login = listener.how["login"]
        environment = self._odoo.environment
        await self._odoo.call(
            http,
            int(environment["ODOO_ADMIN_UID"]),
            environment["ODOO_ADMIN_APIKEY"],
            "res.users",
            "write",
            [self._world.uids[login]],
            {"password": login},  # the same again: all its sessions die
        )

    async def _trouble_server(self) -> None:
        chance = random.Random(f"{self._seed} server")
        # one of each at least, more in a long run
        big = max(1, round(self._seconds / 130))
        kinds = ["kill"] * big + ["restart"] * big + ["stop"] * max(2, round(self._seconds / 45))
        chance.shuffle(kinds)
        step = self._seconds * 0.9 / len(kinds)
        for n, kind in enumerate(itertools.cycle(kinds)):
            at = step * (n + 0.2 + 0.6 * chance.random())
            await asyncio.sleep(max(0.0, self._began + at - time.monotonic()))
            length = chance.uniform(1, 7)
            self._say(f"the server: {kind} {length:.1f}")
            if kind == "stop":
                await self._odoo.freeze(length)
            else:
                job = self._odoo.kill(length / 3) if kind == "kill" else self._odoo.restart()
                self._starting = asyncio.ensure_future(job)
                await asyncio.shield(self._starting)
            self.server[kind] += 1

    async def heal(self) -> None:
        """Ends what lasts; waits for a server that is being started."""
        if self._starting is not None:
            await self._starting
        for listener in self._listeners:
            await listener.proxy.heal()
