"""Many users in one process.

Memory, idle CPU time, and a server restart, compared with a bare aiohttp loop. The server and each client run in
separate processes: `python -m bench.scale 50 500 2000`.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from threading import Barrier, Event
from types import FunctionType, ModuleType
from typing import IO, Any

import aiohttp

from bench.figures import Figure, Row
from odoochat import Account, LinkChanged, Message, MessagePosted, Pool, TimedOut
from odoochat.sandbox import Sandbox

FIRST = 10
"""Number of users to connect before the first memory measurement, so that loaded modules do not count."""

SETTLE_SECONDS = 28.0
"""Time until each account has checked once for messages that its new link missed."""

WHY = {
    "50 users: idle CPU": """The whole process takes 3 to 6 ms of CPU time in 20 s, for 50 heartbeats: it sleeps between
        them, so the processor's cache has other data each time. In a run of its own, with both clients at the same
        time, four measurements were 3.8 to 5.6 ms for the pool and 3.3 to 4.2 ms for the raw sockets, and the pool
        sent no request and collected no garbage. With 500 and 2,000 users, the ratio is smaller.""",
    "500 users: idle CPU": """The difference is 0.01 to 0.03 ms for each user in a minute: at the limit, it depends on
        what else the machine does.""",
    "2000 users: idle CPU": """The pool's CPU time is that of the heartbeats and of Python's garbage collector. Sampled
        once a second, after frames were received in a task of their own, 100 heartbeats took 6.3 ms in the pool and
        6.2 ms in the raw sockets. The younger generations are collected every 15 to 20 s, which takes about 20 ms in
        the pool; in the raw sockets, it takes 13 ms and happens half as often. A full collection takes 0.4 s, about
        once in two minutes, and is part of one measurement at most.""",
    "": """The sandbox is a single process written in Python. It needs 19 to 24 ms of CPU time for each account that
        connects, with 10 or 11 requests, and so determines how fast accounts reconnect; the pool needs 7 ms. Without
        raw sockets and their server running at the same time, 2,000 accounts had reconnected after 73 s.""",
}

Found = dict[str, list[float]]
"""A client's measurements, by name."""

IDLE_SECONDS = 20.0
IDLE_TIMES = 5

MESSAGES = 200
RATE = 10.0
"""Messages per second while the accounts are busy."""

REST = "memory of each, what it keeps aside"
MEMORY = "memory of each"
CPU = "idle CPU of each in a minute"
CONNECTED = "all connected, against 25 a second"
RECEIVED = "until a message is received, at 10 a second"
BACK = "all back after a restart"
CONNECTS = "most connects in a second"

RAW_PAUSE = 0.04
"""Seconds between two raw sockets, which open as slowly as those of a pool: sockets that are opened in the same second
send their pings in the same second, which costs less."""

SIDE_BY_SIDE = 500

ROOM = 10
"""Number of members in a channel. The sandbox, written in Python, takes seconds for channels with thousands."""


# ------------------------------------------------------------------------------ the server


async def serve(path: Path, port: int, users: int) -> None:
    """Run a sandbox with many users until asked to stop."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with Sandbox(port=port, path=str(path)) as box:
        state = box.world.state
        if logins(1)[0] not in box.users:
            partners = [state.accounts.partner_of(state.accounts.add_user(login)) for login in logins(users)]
            for first in range(0, users, ROOM):
                room = state.channels.create(
                    f"room {first}", "channel", creator=box.world.uid("admin"), partners=partners[first : first + ROOM],
                    public="private",
                )  # fmt: skip
                box.world.post("admin", room, "Welcome.")
        print("ready", flush=True)
        await stop.wait()


def logins(users: int) -> list[str]:
    """Return the logins, which are also the passwords."""
    return [f"user{number}" for number in range(users)]


# ------------------------------------------------------------------------------ the clients


async def raw(url: str, users: int) -> None:
    """Keep one WebSocket open for each user, with its own session, and read what arrives."""
    async with AsyncExitStack() as stack:
        tasks: list[asyncio.Task[None]] = []

        async def connect(login: str) -> None:
            session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)))
            params = {"db": "sandbox", "login": login, "password": login}
            call = {"jsonrpc": "2.0", "method": "call", "params": params}
            async with session.post(f"{url}/web/session/authenticate", json=call) as answer:
                assert (await answer.json())["result"]["uid"]
            ws = await stack.enter_async_context(
                session.ws_connect(f"{url}/websocket", headers={"Origin": url}, heartbeat=20.0)
            )
            await ws.send_json({"event_name": "subscribe", "data": {"channels": [], "last": 0}})
            tasks.append(asyncio.create_task(read(ws)))

        async def read(ws: aiohttp.ClientWebSocketResponse) -> None:
            async for frame in ws:
                frame.json()

        await hold(users, connect, RAW_PAUSE)
        await asked("rest")
        report(await at_rest())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def pooled(url: str, users: int) -> None:
    """Keep the users connected in a pool, then restart their server."""
    async with Pool(url, db="sandbox") as pool:

        async def connect(login: str) -> None:
            await pool.add(login=login, password=login)

        await hold(users, connect)
        report({"kept": [kept([*pool][FIRST:])]})
        await asked("rest")
        report(await at_rest())
        report(await busy(pool))
        report(await restarted(pool, users))


async def hold(users: int, connect: Callable[[str], Awaitable[None]], pause: float = 0.0) -> None:
    """Connect all users, and report how much memory each one adds."""
    names = logins(users)
    turns = asyncio.Semaphore(16)

    async def one(number: int, login: str) -> None:
        await asyncio.sleep(number * pause)
        async with turns:
            await connect(login)

    async def each(logins: Sequence[str]) -> None:
        await asyncio.gather(*(one(number, login) for number, login in enumerate(logins)))

    # Logins at the same time would leave freed memory that later ones use, so the first ones are paced, too.
    await each(names[:FIRST])
    before = resident()
    began = time.monotonic()
    await each(names[FIRST:])
    seconds = time.monotonic() - began
    await asyncio.sleep(3.0)  # frees memory that only connecting needs
    report({"memory": [(resident() - before) / (users - FIRST)], "connected": [seconds]})


async def at_rest() -> Found:
    """Return multiple measurements of the idle CPU time per minute, because a busy machine distorts some of them."""
    await asyncio.sleep(SETTLE_SECONDS)
    found: list[float] = []
    for _ in range(IDLE_TIMES):
        before, began = time.process_time(), time.monotonic()
        await asyncio.sleep(IDLE_SECONDS)
        found.append((time.process_time() - before) / (time.monotonic() - began) * 60.0)
    return {"cpu": found}


def resident() -> int:
    """Return the resident memory in bytes, without what the C library could give back."""
    gc.collect()
    if hasattr(c := ctypes.CDLL(None), "malloc_trim"):  # glibc
        c.malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def kept(accounts: Sequence[Account]) -> float:
    """Return the size in bytes of the data that an account keeps: channels, people, messages, delivered ids."""
    seen: set[int] = set()
    total = 0
    for account in accounts:
        assert account.connection is not None
        waiting: list[Any] = [account.connection.state, account.connection._delivery.catchup]
        while waiting:
            thing = waiting.pop()
            if id(thing) in seen or isinstance(thing, type | FunctionType | ModuleType):
                continue
            seen.add(id(thing))
            total += sys.getsizeof(thing)
            waiting += gc.get_referents(thing)
    return total / len(accounts)


async def busy(pool: Pool) -> Found:
    """Post to the rooms of the accounts, and return the delays until all members received each message."""
    accounts, events = list(pool), pool.events(MessagePosted)
    sent: dict[str, float] = {}
    expected = 0
    late: list[float] = []
    sending: list[asyncio.Task[Message]] = []
    before, began = time.process_time(), time.monotonic()

    async def write() -> int:
        count = 0
        for number in range(MESSAGES):
            place = number * 7919 % len(accounts)
            client, first = accounts[place].client, place // ROOM * ROOM
            text = f"message {number}"
            sent[text] = time.monotonic()
            sending.append(asyncio.create_task(client.channel(f"room {first}").send(text)))
            count += min(ROOM, len(accounts) - first)
            await asyncio.sleep(max(0.0, began + (number + 1) / RATE - time.monotonic()))
        return count

    writing = asyncio.create_task(write())
    while not writing.done() or len(late) < (expected := writing.result()):
        try:
            _, event = await events.get(60)
        except TimedOut:
            break
        if isinstance(event, MessagePosted) and event.message.text in sent:
            late.append(time.monotonic() - sent[event.message.text])
    await asyncio.gather(*sending)
    events.close()
    return {
        "late": late,
        "lost": [(await writing) - len(late)],
        "busy": [(time.process_time() - before) / max(expected, 1)],
    }


def requests_of(pool: Pool) -> int:
    """Return how many requests the accounts have sent."""
    return sum(each.connection.session.http.request_count for each in pool if each.connection is not None)


async def restarted(pool: Pool, users: int) -> Found:
    """Request a restart, and return how fast the accounts reconnected."""
    events = pool.events(LinkChanged)
    requests = requests_of(pool)
    stopped = float(await asked("restart"))
    opened: dict[str, float] = {}
    second: list[int] = []

    async def sample() -> None:
        last = requests
        while True:
            await asyncio.sleep(1.0)
            now = requests_of(pool)
            second.append(now - last)
            last = now

    sampling = asyncio.create_task(sample())
    while len(opened) < users:
        account, event = await events.get(300)
        if isinstance(event, LinkChanged) and event.state == "open":
            opened.setdefault(account.name, time.monotonic())
    sampling.cancel()
    times = sorted(opened.values())
    most = max(sum(1 for t in times if begin <= t < begin + 1.0) for begin in times)
    return {"back": [times[-1] - stopped], "per second": [most], "requests in a second": [max(second, default=0)]}


async def asked(what: str) -> str:
    """Ask the process that started this one for something, and return its answer."""
    print(what, flush=True)
    return await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)


def report(found: Found) -> None:
    print(json.dumps(found), flush=True)


# ------------------------------------------------------------------------------ all processes


def spawn(*arguments: str) -> subprocess.Popen[str]:
    """Start this module in another process."""
    command = [sys.executable, "-m", "bench.scale", *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def started(path: Path, port: int, users: int) -> subprocess.Popen[str]:
    """Start the server, and wait until it listens."""
    server = spawn("--serve", str(path), str(port), str(users))
    assert lines(server).readline().strip() == "ready"
    return server


def lines(process: subprocess.Popen[str]) -> IO[str]:
    """Return the output of a process."""
    assert process.stdout is not None
    return process.stdout


def stop(process: subprocess.Popen[str]) -> None:
    """Stop a process that this module started."""
    process.terminate()
    process.wait(30)
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def measure(kind: str, users: int, connected: Event, all_connected: Barrier) -> Found:
    """Run one client in its own process.

    Args:
        kind: "pool" or "raw".
        users: number of users.
        connected: set when all users of this client are connected, or when the client has ended.
        all_connected: released when the users of all clients are connected. Only then is the idle CPU time measured.
    """
    try:
        return _measured(kind, users, connected, all_connected)
    except BaseException:
        all_connected.abort()
        raise
    finally:
        connected.set()


def _measured(kind: str, users: int, connected: Event, all_connected: Barrier) -> Found:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        path, port = Path(folder) / "box.sqlite", free_port()
        servers = [started(path, port, users)]
        stack.callback(lambda: stop(servers[0]))
        client = spawn(f"--{kind}", f"http://127.0.0.1:{port}", str(users))
        stack.callback(stop, client)
        found: Found = {}
        for line in lines(client):
            match line.strip():
                case "rest":
                    connected.set()
                    all_connected.wait()
                    answer(client, "now")
                case "restart":
                    stop(servers[0])
                    servers[0] = started(path, port, users)
                    answer(client, str(time.monotonic()))
                case _:
                    found |= json.loads(line)
        if client.wait(30):
            raise RuntimeError(f"the client {kind!r} with {users} users failed; see above")
        return found


def answer(process: subprocess.Popen[str], text: str) -> None:
    """Answer a question of a process, see `asked`."""
    assert process.stdin is not None
    process.stdin.write(f"{text}\n")
    process.stdin.flush()


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def run(*, quick: bool = False) -> list[Figure]:
    """Measure 50, 500 and 2,000 users.

    Args:
        quick: whether to take only a few measurements.
    """
    return figures((20,) if quick else (50, 500, 2000))


def figures(counts: Sequence[int]) -> list[Figure]:
    """Measure different numbers of users.

    Args:
        counts: the numbers of users.
    """
    few, many = [n for n in counts if n <= SIDE_BY_SIDE], [n for n in counts if n > SIDE_BY_SIDE]
    found: dict[int, tuple[Found, Found]] = {}
    for group in filter(None, (few, *([n] for n in many))):
        all_connected = Barrier(2 * len(group))
        with ThreadPoolExecutor() as threads:
            measured = threads.map(both, group, [all_connected] * len(group))
            found |= dict(zip(group, measured, strict=True))
    return [figure for users in counts for figure in compared(users, *found[users])]


def both(users: int, all_connected: Barrier) -> tuple[Found, Found]:
    """Measure the pool and the raw sockets, which connect one after the other and rest at the same time.

    Both then share what else the machine does, and none rests on a processor on which the other connects.

    Args:
        users: number of users.
        all_connected: see `measure`.
    """
    connected = Event()
    with ThreadPoolExecutor() as threads:
        ours = threads.submit(measure, "pool", users, connected, all_connected)
        connected.wait()
        bare = threads.submit(measure, "raw", users, Event(), all_connected)
        return ours.result(), bare.result()


def compared(users: int, ours: Found, bare: Found) -> list[Figure]:
    """Return the figures of a number of users.

    Args:
        users: the number.
        ours: the pool's measurements.
        bare: the raw sockets' measurements.

    Raises:
        AssertionError: not every message was received.
    """

    def against_raw(what: str, unit: str, one: Sequence[float], other: Sequence[float], aim: float) -> Figure:
        return Figure(f"{users} users: {what}", unit, one, other, aim, against="a raw socket each")

    def limited(what: str, unit: str, one: Sequence[float], limit: float) -> Figure:
        return Figure(f"{users} users: {what}", unit, one, [limit], 1.0, against="limit", limit=True)

    if any(ours["lost"]):
        raise AssertionError(f"{ours['lost'][0]:.0f} messages were not received")
    memory, kept, raw = ours["memory"][0] / 1000, ours["kept"][0] / 1000, bare["memory"][0] / 1000
    return [
        against_raw(REST, "kB", [memory - kept], [raw], 1.5),
        against_raw(MEMORY, "kB", [memory], [raw], 2.0),
        against_raw(
            CPU, "ms",
            [cpu / users * 1e3 for cpu in ours["cpu"]], [cpu / users * 1e3 for cpu in bare["cpu"]], 1.2,
        ),
        limited(CONNECTED, "s", ours["connected"], users / 25),
        limited(RECEIVED, "s", ours["late"], 2.0),
        limited(BACK, "s", ours["back"], 120.0),
        limited(CONNECTS, "/s", ours["per second"], 50.0),
    ]  # fmt: skip


def page(rows: Sequence[Row], folder: Path) -> dict[str, str]:
    """Return docs/scale.md with the table of a run.

    Args:
        rows: the run's rows.
        folder: the docs folder.
    """
    found: dict[str, dict[str, Row]] = {}
    for row in rows:
        users, _, what = row.what.partition(" users: ")
        found.setdefault(users, {})[what] = row
    lines = [
        "| users | memory of each | kept of it | a raw socket | idle CPU of each in a minute | a raw socket "
        "| all connected | message received, p95 | all back after a restart | most connects in a second |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for users, by in found.items():
        memory, rest, cpu = by[MEMORY], by[REST], by[CPU]
        cells = [
            f"{int(users):,}",
            f"{memory.ours.median:.0f} kB", f"{memory.ours.median - rest.ours.median:.0f} kB",
            f"{memory.theirs.median:.0f} kB", f"{cpu.ours.median:.2f} ms", f"{cpu.theirs.median:.2f} ms",
            f"{by[CONNECTED].ours.median:.0f} s", f"{by[RECEIVED].ours.worse:.2f} s", f"{by[BACK].ours.median:.0f} s",
            f"{by[CONNECTS].ours.median:.0f}",
        ]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    text = (folder / "scale.md").read_text("utf-8")
    before, begin, rest_of_page = text.partition("<!-- measured -->\n")
    _, end, after = rest_of_page.partition("<!-- end -->")
    table = "\n".join(lines)
    return {"scale.md": f"{before}{begin}\n{table}\n\n{end}{after}"}


def main() -> None:
    """Run one of the processes, or print the table for the given numbers of users."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale")
    parser.add_argument("users", type=int, nargs="*", default=[50, 500])
    parser.add_argument("--serve", nargs=3)
    parser.add_argument("--raw", nargs=2)
    parser.add_argument("--pool", nargs=2)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve(Path(given.serve[0]), int(given.serve[1]), int(given.serve[2])))
    elif given.raw:
        asyncio.run(raw(given.raw[0], int(given.raw[1])))
    elif given.pool:
        asyncio.run(pooled(given.pool[0], int(given.pool[1])))
    else:
        for figure in figures(given.users):
            print(figure.line())


if __name__ == "__main__":
    main()
