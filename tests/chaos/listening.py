"""One listener: a client of odoochat behind its own proxy, and a record of what it received."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

import odoochat
from odoochat import LinkChanged, MessagePosted
from tests.chaos.odoo import Odoo
from tests.chaos.proxy import Proxy

WHO: contextvars.ContextVar[str] = contextvars.ContextVar("who", default="-")


class Named(logging.Filter):
    """Writes into each line of the log which client it is of."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.who = WHO.get()
        return True


class Listener:
    """Listens to all channels of one user.

    Args:
        name: for the table.
        how: what `odoochat.connect` is given.
    """

    def __init__(self, name: str, odoo: Odoo, channels: Iterable[int], how: dict[str, Any]) -> None:
        self.name = name
        self.how = how
        self._odoo = odoo
        self._channels = set(channels)
        self.proxy = Proxy(*odoo.address)
        self.client: odoochat.Client | None = None
        self.heard: list[tuple[int, int]] = []  # message, channel: in the order of their coming
        self.seen: Counter[int] = Counter()
        self.links: Counter[str] = Counter()
        self.missed = 0
        self.error: BaseException | None = None
        self.progressed = time.monotonic()
        self._ready = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connects; from its return on every message counts."""
        await self.proxy.start()
        self._task = asyncio.create_task(self._run(), name=f"listener {self.name}")
        await asyncio.wait((self._task, asyncio.ensure_future(self._ready.wait())), return_when="FIRST_COMPLETED")
        if self._task.done():
            self._task.result()
            raise RuntimeError(f"{self.name}: {self.error!r}")

    async def _run(self) -> None:
        WHO.set(self.name)
        try:
            async with odoochat.connect(self.proxy.url, db=self._odoo.db, **self.how) as client:
                self.client = client
                heard = client.events(MessagePosted, LinkChanged, maxsize=100_000)
                await client.link.wait_open(60)
                self._ready.set()
                async for event in heard:
                    self.missed = heard.missed
                    if isinstance(event, LinkChanged):
                        self.links[f"{event.state} {event.via}" if event.state == "open" else event.state] += 1
                    elif isinstance(event, MessagePosted) and event.message.channel.id in self._channels:
                        self.heard.append((event.message.id, event.message.channel.id))
                        self.seen[event.message.id] += 1
                        self.progressed = time.monotonic()
        except Exception as error:
            logging.getLogger("odoochat").exception("the listener ended")
            self.error = error

    @property
    def reconnects(self) -> int:
        """How often the link was opened again."""
        return sum(n for state, n in self.links.items() if state.startswith("open"))

    async def stop(self) -> None:
        """Closes the client and the proxy."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.proxy.close()


class Verdict:
    """Compares what a listener received with Odoo's own tables.

    Args:
        truth: message -> channel, of all that must have come.
        committed: message -> when it was committed, in seconds.
    """

    SLACK = 0.05

    def __init__(self, listener: Listener, truth: dict[int, int], committed: dict[int, float]) -> None:
        self.listener = listener
        seen = listener.seen
        self.lost = sorted(truth.keys() - seen.keys())
        self.doubled = sorted(i for i, n in seen.items() if n > 1)
        self.strange = sorted(seen.keys() - truth.keys())
        self.elsewhere = [i for i, channel in listener.heard if truth.get(i, channel) != channel]
        self.late: list[tuple[int, int]] = []  # a lower id, and committed after a higher one: Odoo's own order
        self.overtaken: list[tuple[int, int, float]] = []  # of those: by one committed after it, seconds
        self.misplaced: list[tuple[int, int, float]] = []  # committed first, and told later: our fault
        self._order(truth, committed)

    def _order(self, truth: dict[int, int], committed: dict[int, float]) -> None:
        by_channel: dict[int, list[int]] = {}
        for number in sorted(truth):
            by_channel.setdefault(truth[number], []).append(number)
        late: set[int] = set()  # committed after a higher id of their channel
        for numbers in by_channel.values():
            earliest = float("inf")
            for number in reversed(numbers):
                at = committed.get(number, 0.0)
                if at > earliest:
                    late.add(number)
                earliest = min(earliest, at)
        received: dict[int, list[int]] = {}
        for number, channel in self.listener.heard:
            before = received.setdefault(channel, [])
            higher = [b for b in before[-500:] if b > number]
            before.append(number)
            if not higher or number not in committed:
                continue
            worst = max(higher, key=lambda b: committed.get(b, 0.0))
            lag = committed.get(worst, 0.0) - committed[number]
            if number not in late and lag > self.SLACK:  # the trigger's clock is a little before the commit
                self.misplaced.append((number, worst, round(lag, 3)))
                continue
            self.late.append((number, worst))
            if lag > self.SLACK:
                self.overtaken.append((number, worst, round(lag, 3)))

    @property
    def good(self) -> bool:
        """Nothing lost, nothing doubled, nothing invented, order kept."""
        bad = self.lost or self.doubled or self.strange or self.elsewhere or self.misplaced
        return not bad and not self.listener.missed and self.listener.error is None
