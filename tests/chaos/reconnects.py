"""`python -m tests.chaos.reconnects`: after 1,000 reconnects everything is as at the start, and close() leaves nothing.

The server is a sandbox in a process of its own, or with `--real 19` a real Odoo; a proxy between cuts the connection.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sys
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from operator import le
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

import odoochat
from odoochat import LinkChanged
from odoochat.client.timing import Timing
from odoochat.core.link import Policy
from tests.chaos.odoo import Odoo
from tests.chaos.proxy import Proxy

SERVE = """
import asyncio, sys
from odoochat.sandbox import Sandbox

async def main():
    async with Sandbox(int(sys.argv[1])) as box:
        print(box.port, box.db, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

asyncio.run(main())
"""


class Server(Struct):
    """Where to connect: as alice, with her name as the password."""

    port: int
    db: str


class Count(Struct):
    """What a client has at a moment when its link is open and nothing is going on."""

    reconnects: int
    tasks: int
    descriptors: int
    connections: int
    subscriptions: int
    jobs: int
    memory: int
    resident: int

    @property
    def things(self) -> tuple[int, ...]:
        """All that must not grow at all."""
        return (self.tasks, self.descriptors, self.connections, self.subscriptions, self.jobs)


@asynccontextmanager
async def sandbox(version: int = 19) -> AsyncIterator[Server]:
    """A sandbox in another process, so that only the client is counted here."""
    source = Path(odoochat.__file__).parent.parent
    environ = os.environ | {"PYTHONPATH": str(source)}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SERVE,
        str(version),
        env=environ,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(30):
            port, db = (await process.stdout.readline()).decode().split()
        yield Server(int(port), db)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(5):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def descriptors() -> int:
    """Open files and sockets of this process."""
    return len(list(Path("/proc/self/fd").iterdir())) - 1


def resident() -> int:
    """Bytes of memory that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def settle(proxy: Proxy | None = None, connections: int = 0) -> None:
    """Lets what was cut come to its end."""
    for _ in range(100):
        await asyncio.sleep(0.02)
        if proxy is None or proxy.connections <= connections:
            break
    gc.collect()


def count(client: odoochat.Client, proxy: Proxy, reconnects: int) -> Count:
    """Counts all there is."""
    gc.collect()
    return Count(
        reconnects,
        len(asyncio.all_tasks()),
        descriptors(),
        proxy.connections,
        len(client._connection.subscribers._queues),
        len(client._connection.background.tasks) + client._connection.publisher.posts.expected,
        tracemalloc.get_traced_memory()[0],
        resident(),
    )


async def quiet(client: odoochat.Client, proxy: Proxy, reconnects: int, start: Count | None = None) -> Count:
    """Counts at quiet moments: kept-alive HTTP connections are let go first, they come and go by themselves.

    Returns the least of each thing, as a poll may hold a connection whenever another thing is at its least. What is more
    than at the start is counted for longer, because a busy machine closes late.
    """
    least: Count | None = None
    for number in range(400):
        if number >= 25 and (start is None or least is None or all(map(le, least.things, start.things))):
            break
        await asyncio.sleep(0.05)
        for connection in list(client._connection.session.http._connections._pool._conns.values()):
            for protocol, _ in list(connection):
                protocol.close()
        now = count(client, proxy, reconnects)
        if least is None:
            least = now
        values = map(min, msgspec.structs.astuple(least), msgspec.structs.astuple(now))
        least = Count(*values)
    assert least is not None
    return least


async def reconnect(server: Server, times: int, *, via: str = "websocket", say: Callable[[str], None]) -> list[Count]:
    """Cuts and reconnects; counts at the start, in the middle and at the end."""
    counts: list[Count] = []
    async with Proxy("127.0.0.1", server.port) as proxy:
        how: dict[str, Any] = {"db": server.db, "login": "alice", "password": "alice", "transport": via}
        timing = Timing(link=Policy(base=0.01, cap=0.05, wide=0.05, slow=0.05))
        async with odoochat.connect(proxy.url, timing=timing, **how) as client:
            links = client.events(LinkChanged)
            await client.link.wait_open(20)
            began = time.monotonic()
            warm = min(50, times // 4)  # what grows once: pools, caches, compiled patterns
            for n in range(times + warm + 1):
                if n in (warm, warm + times // 2, warm + times):
                    counts.append(await quiet(client, proxy, n - warm, counts[0] if counts else None))
                    say(f"{time.monotonic() - began:6.1f} s  {counts[-1]}")
                    if n == warm + times:
                        break
                while links._queue:
                    await anext(links)
                async with asyncio.timeout(60):
                    proxy.stop_listening()  # a request that only reads is repeated on a new connection
                    while client.link.state == "open":  # a poll between two requests notices nothing
                        proxy.cut(fin=bool(n % 2))
                        await asyncio.sleep(0.01)
                    await proxy.heal()
                    async for event in links:
                        if event.state == "open":
                            break
    return counts


def grew(counts: list[Count], allowed: int = 1_500_000) -> list[str]:
    """What grew."""
    start, middle, end = counts
    bad = [
        f"{name}: {a} -> {b} -> {c}"
        for name, a, b, c in zip(
            ("tasks", "descriptors", "connections", "subscriptions", "jobs"),
            start.things,
            middle.things,
            end.things,
            strict=True,
        )
        if c > a
    ]
    if end.memory - middle.memory > allowed:
        bad.append(f"memory: {start.memory} -> {middle.memory} -> {end.memory}")
    return bad


# ------------------------------------------------------------------------------ close


async def left(server: Server, story: Callable[[Proxy, Server], Awaitable[None]]) -> list[str]:
    """What a story leaves behind, after its client was closed: tasks and sockets."""
    await settle()
    tasks, files = set(asyncio.all_tasks()), descriptors()
    proxy = await Proxy("127.0.0.1", server.port).start()
    try:
        await story(proxy, server)
        # the client must be gone at once; only the proxy's own tasks live
        mine = {t for t in asyncio.all_tasks() - tasks if t not in proxy._tasks and "_pass" not in repr(t.get_coro())}
        bad = [f"task {t.get_name()}: {t.get_coro()}" for t in mine]
    finally:
        await proxy.close()
    await settle(proxy)
    if descriptors() > files:
        bad.append(f"descriptors: {files} -> {descriptors()}")
    return bad


async def _open(proxy: Proxy, server: Server, policy: Policy | None = None) -> odoochat.Client:
    timing = Timing(link=policy) if policy is not None else None
    client = await odoochat.connect(proxy.url, db=server.db, login="alice", password="alice", timing=timing).open()
    await client.link.wait_open(20)
    assert client._connection.live_link is not None
    async with asyncio.timeout(20):
        while client._connection.live_link.behind:  # the first catch-up is not what a story is about
            await asyncio.sleep(0.01)
    return client


async def _until(client: odoochat.Client, state: str) -> None:
    async with asyncio.timeout(10):
        while client.link.state != state:
            await asyncio.sleep(0.01)


async def in_a_backoff(proxy: Proxy, server: Server) -> None:
    """close() while the link waits."""
    client = await _open(proxy, server, Policy(base=30, cap=30))
    proxy.stop_listening()
    proxy.cut()
    await _until(client, "waiting")
    await client.close()


async def in_a_login(proxy: Proxy, server: Server) -> None:
    """A login that is given up while the server is silent."""
    frozen = asyncio.ensure_future(proxy.freeze(60))
    await asyncio.sleep(0)
    opening = asyncio.ensure_future(_open(proxy, server))
    await asyncio.sleep(0.3)
    assert not opening.done()
    opening.cancel()
    await asyncio.gather(opening, return_exceptions=True)
    frozen.cancel()
    await asyncio.gather(frozen, return_exceptions=True)


async def in_a_new_login(proxy: Proxy, server: Server) -> None:
    """close() while the client logs in again."""
    client = await _open(proxy, server)
    client._connection.session.http.session_id = "0" * 40
    frozen = asyncio.ensure_future(proxy.freeze(60))
    asking = asyncio.ensure_future(client.refresh())
    await asyncio.sleep(0.3)
    await client.close()
    asking.cancel()
    frozen.cancel()
    await asyncio.gather(asking, frozen, return_exceptions=True)


async def in_an_upload(proxy: Proxy, server: Server) -> None:
    """close() during an upload."""
    client = await _open(proxy, server)
    frozen = asyncio.ensure_future(proxy.freeze(60))
    await asyncio.sleep(0)
    sending = asyncio.ensure_future(client.channel("general").send("x", files=[("big.bin", bytes(8_000_000))]))
    await asyncio.sleep(0.3)
    assert not sending.done()
    try:
        async with asyncio.timeout(4):
            await client.close()
            await asyncio.gather(sending, return_exceptions=True)
    finally:
        frozen.cancel()
        await asyncio.gather(frozen, return_exceptions=True)


async def in_a_send(proxy: Proxy, server: Server) -> None:
    """close() while a message is under way, and others wait for it."""
    client = await _open(proxy, server)
    frozen = asyncio.ensure_future(proxy.freeze(60))
    await asyncio.sleep(0)
    sendings = [asyncio.ensure_future(client.channel("general").send(f"x {n}")) for n in range(3)]
    await asyncio.sleep(0.2)
    await client.close()
    try:
        async with asyncio.timeout(2):
            await asyncio.gather(*sendings, return_exceptions=True)
    finally:
        frozen.cancel()
        await asyncio.gather(frozen, return_exceptions=True)


async def in_a_dial(proxy: Proxy, server: Server) -> None:
    """close() while a WebSocket is being opened."""
    client = await _open(proxy, server, Policy(base=0.01, cap=0.01))
    proxy.cut()
    frozen = asyncio.ensure_future(proxy.freeze(60))
    await _until(client, "connecting")
    await asyncio.sleep(0.1)
    await client.close()
    frozen.cancel()
    await asyncio.gather(frozen, return_exceptions=True)


STORIES = (in_a_backoff, in_a_login, in_a_new_login, in_an_upload, in_a_send, in_a_dial)


async def main(times: int, real: int | None, via: str) -> int:
    tracemalloc.start()
    bad: list[str] = []

    async def everything(server: Server) -> None:
        counts = await reconnect(server, times, via=via, say=lambda text: print(text, flush=True))
        bad.extend(grew(counts))
        for story in STORIES:
            behind = await left(server, story)
            print(f"close {story.__name__.replace('_', ' ')}: {behind or 'nothing is left'}", flush=True)
            bad.extend(behind)

    if real:
        odoo = Odoo(real)
        await odoo.begin(fresh=False)
        await everything(Server(odoo.address[1], odoo.db))
    else:
        async with sandbox() as server:
            await everything(server)
    print("good: nothing grew" if not bad else "GREW: " + "; ".join(bad))
    return 1 if bad else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.reconnects", description=__doc__)
    parser.add_argument("--times", type=int, default=1000)
    parser.add_argument("--real", type=int, choices=(19, 14), help="a real Odoo instead of the sandbox")
    parser.add_argument("--via", default="websocket")
    options = parser.parse_args()
    sys.exit(asyncio.run(main(options.times, options.real, options.via)))
