"""The live link survives any error at any point where it waits or decodes, and every message arrives once."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Literal

import msgspec
import pytest

import odoochat
from odoochat import Client, LinkChanged, MessagePosted
from odoochat.client import dialer, live, presence, receiver
from odoochat.core.link import Link
from odoochat.core.seen import Seen
from odoochat.net import bus, repeat
from odoochat.net.transports import longpoll, peek, rpcpoll, websocket
from odoochat.sandbox import Sandbox
from odoochat.wire.decoders.store import StoreDecoder
from odoochat.wire.envelopes import frames, jsonrpc
from odoochat.wire.envelopes.polled import PolledReader
from tests.seams import Boom, Seams
from tests.timings import QUICK, quick_connect

MODULES = [bus, live, dialer, presence, repeat, longpoll, peek, rpcpoll, websocket]
TRANSPORTS = [("websocket", 19), ("websocket", 16), ("peek", 19), ("longpoll", 14), ("rpc", 19)]


TIMING = msgspec.structs.replace(
    QUICK,
    restart=0.02,
    sweep=0.2,
    calm_sweep=0.2,
    holes=(0.05, 0.1, 0.3),
    verify=(0.0, 0.05, 0.05),
    presence=0.2,
    echo=0.5,
)
"""Nothing that is tried again waits long before."""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Log nothing: errors are provoked."""
    logging.getLogger("odoochat").setLevel(logging.CRITICAL)
    yield
    logging.getLogger("odoochat").setLevel(logging.NOTSET)


class Listener:
    """Posts as another user, and counts what arrives."""

    def __init__(self, box: Sandbox, odoo: Client) -> None:
        self._box = box
        self.odoo = odoo
        self._heard = odoo.events()
        self._posted: list[str] = []
        self.counts: Counter[str] = Counter()
        self.states: list[LinkChanged] = []
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for event in self._heard:
            if isinstance(event, MessagePosted):
                self.counts[event.message.text] += 1
            elif isinstance(event, LinkChanged):
                self.states.append(event)

    def post(self) -> str:
        text = f"message {len(self._posted)}"
        self._posted.append(text)
        self._box.world.post("bob", "general", text)
        return text

    async def until(self, found: Callable[[], bool], seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                while not found():
                    await asyncio.sleep(0.01)
        except TimeoutError:
            return False
        return True

    async def arrives(self, where: str) -> None:
        """A message that is posted now arrives, and so did all before it, each once."""
        self.post()
        assert await self.until(lambda: all(self.counts[t] for t in self._posted), 15.0), (
            f"after an error at {where} these never arrived: {[t for t in self._posted if not self.counts[t]]}; "
            f"the link: {self.odoo.link}"
        )
        assert [t for t in self._posted if self.counts[t] != 1] == [], f"after an error at {where}"

    async def close(self) -> None:
        self._heard.close()
        await asyncio.gather(self._task, return_exceptions=True)


@asynccontextmanager
async def listening(box: Sandbox, transport: str, pinned: bool = False) -> AsyncIterator[Listener]:
    by: dict[str, Any] = {"transport": transport} if transport in ("peek", "rpc") or pinned else {}
    async with quick_connect(box.url, login="alice", password="alice", presence="online", timing=TIMING, **by) as odoo:
        listener = Listener(box, odoo)
        try:
            await odoo.link.wait_open(20)
            yield listener
        finally:
            await listener.close()


def provocations(box: Sandbox, listener: Listener) -> list[Callable[[], Awaitable[Any]]]:
    """What makes the link do all that it can do, the quickest first."""

    async def message() -> None:
        listener.post()

    async def status() -> None:
        with suppress(Boom, odoochat.OdooChatError):
            await listener.odoo.people.set_status("online")

    async def watch() -> None:
        with suppress(Boom, odoochat.OdooChatError):
            await listener.odoo.people.watch(["bob"])

    async def cut() -> None:
        box.faults.drop(1006)
        box.faults.fail(1, 502)

    async def doubt() -> None:
        feed = listener.odoo._connection.live_link
        assert feed is not None
        feed._bus.doubt(odoochat.LinkError("nothing comes"))

    async def late() -> None:
        with box.faults.late_commit("carol"):
            box.world.post("carol", "support", f"late {len(listener.counts)}")
            listener.post()
            await asyncio.sleep(0.05)

    async def expire() -> None:
        box.faults.expire_session("alice")
        listener.post()

    async def fall() -> None:
        box.faults.refuse_websocket(502)
        box.faults.drop(1006)
        await listener.until(lambda: listener.odoo.via not in (None, "websocket"), 2.0)
        box.faults.accept_websocket()
        await listener.until(lambda: listener.odoo.via == "websocket", 2.0)

    return [message, status, watch, doubt, cut, late, expire, fall]


async def steps_to(seams: Seams, box: Sandbox, listener: Listener) -> dict[int, int]:
    """By place, the first provocation that makes the link pass it."""
    found: dict[int, int] = {}
    for number, step in enumerate(provocations(box, listener)):
        before = Counter(seams.hits)
        await step()
        await listener.arrives("no place")
        await asyncio.sleep(0.3)
        for place in seams.hits - before:
            found.setdefault(place, number)
    return found


async def raise_at_each(
    seams: Seams, box: Sandbox, transport: str, left: set[int], when: Literal["before", "after"]
) -> None:
    """Lets each place raise once that is left and is passed here, and takes it from those."""
    async with listening(box, transport) as listener:
        steps = provocations(box, listener)
        for place, step in (await steps_to(seams, box, listener)).items():
            if place not in left:
                continue
            for _ in range(3):  # some are passed only when the link happens to wait
                seams.arm(place, when)
                await steps[step]()
                if await listener.until(lambda: not seams.armed, 0.7):
                    left.discard(place)
                    break
            seams.disarm()
            await listener.arrives(f"{seams.places[place]} ({when})")


async def raise_everywhere(
    transports: list[tuple[str, int]], when: Literal["before", "after"], every: int = 1
) -> tuple[list[str], int]:
    """Lets every place raise, or one of so many; gives those that no transport passed, and how many there are."""
    with Seams(MODULES).installed() as seams:
        places = set(list(seams.places)[::every])
        left = set(places)
        for transport, version in transports:
            async with Sandbox(version) as box:
                await raise_at_each(seams, box, transport, left, when)
        return [seams.places[n] for n in sorted(left)], len(places)


@pytest.mark.heavy
@pytest.mark.timeout(600)
@pytest.mark.parametrize("when", ["before", "after"])
async def test_an_error_at_any_await_ends_nothing(when: Literal["before", "after"]) -> None:
    left, places = await raise_everywhere(TRANSPORTS, when)
    print(f"{places} places, never passed:", *left, sep="\n")
    # The others belong to the beginning and the end, or are left by being cancelled.
    assert len(left) < places / 3


@pytest.mark.timeout(120)
async def test_an_error_at_some_awaits_ends_nothing() -> None:
    left, places = await raise_everywhere([("websocket", 19)], "before", every=6)
    assert len(left) < places / 2


# ------------------------------------------------------------------------ decoders


def decoders() -> list[tuple[Any, str]]:
    """Everything that reads what the server says, and all that decides about the link."""
    found: list[tuple[Any, str]] = [(module, name) for module in (frames, jsonrpc) for name in module.__all__]
    found += [(Link, name) for name, value in vars(Link).items() if inspect.isfunction(value) and name[0] != "_"]
    found += [
        (Seen, "add"),
        (receiver, "is_echo"),
        (StoreDecoder, "decode"),
        (PolledReader, "poll"),
        (PolledReader, "peek"),
    ]
    return [(owner, name) for owner, name in found if inspect.isfunction(getattr(owner, name))]


async def break_each(transport: str, version: int, broken: list[tuple[Any, str]]) -> None:
    async with Sandbox(version) as box, listening(box, transport) as listener:
        steps = provocations(box, listener)
        for owner, name in broken:
            whole = getattr(owner, name)
            left = [1]

            def once(*args: Any, _whole: Any = whole, _left: list[int] = left, _name: str = name, **more: Any) -> Any:
                if _left:
                    _left.pop()
                    raise Boom(_name)
                return _whole(*args, **more)

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(owner, name, once)
                for step in (steps[0], steps[3], steps[4]):
                    await step()
                    if await listener.until(lambda left=left: not left, 0.3):
                        break
                await listener.arrives(f"{owner.__name__}.{name}")


@pytest.mark.heavy
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("transport", "version"), [("websocket", 19), ("peek", 19)])
async def test_an_error_in_any_decoder_ends_nothing(transport: str, version: int) -> None:
    await break_each(transport, version, decoders())


async def test_an_error_in_some_decoders_ends_nothing() -> None:
    await break_each("websocket", 19, [(frames, "parse"), (Link, "received"), (Link, "failed"), (Link, "next")])
