"""Many users in one process.

Memory, CPU at rest, and the restart of the server, against a bare aiohttp loop. The server is another process, and so
is each client: `python -m bench.scale 50 500 2000`.
"""

from __future__ import annotations

import argparse
import asyncio
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
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import IO

import aiohttp

from bench.figures import Figure
from odoochat import LinkChanged, Pool
from odoochat.sandbox import Sandbox

FIRST = 10
"""Users that are connected before memory is measured for the first time, so that no module counts."""

IDLE_SECONDS = 30.0

ROOM = 50
"""Members of a channel; the sandbox, written in Python, takes seconds for channels with thousands."""


# ------------------------------------------------------------------------------ the server


async def serve(path: Path, port: int, users: int) -> None:
    """Run a sandbox with many users until it is told to stop."""
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
    """Return the logins, which are the passwords as well."""
    return [f"user{number}" for number in range(users)]


# ------------------------------------------------------------------------------ the clients


async def raw(url: str, users: int) -> None:
    """Hold one WebSocket for each user, with a session of its own, and read what comes."""
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

        await hold(users, connect)
        report(await at_rest())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def pooled(url: str, users: int) -> None:
    """Hold the users in a pool, then restart the server for them."""
    async with Pool(url, db="sandbox") as pool:

        async def connect(login: str) -> None:
            await pool.add(login=login, password=login)

        await hold(users, connect)
        measured = await at_rest()
        report(measured)
        report(await restarted(pool, users))


async def hold(users: int, connect: Callable[[str], Awaitable[None]]) -> None:
    """Connect all users, and report what each of them adds to the memory."""
    names = logins(users)
    await asyncio.gather(*(connect(login) for login in names[:FIRST]))
    before = resident()
    began = time.monotonic()
    turns = asyncio.Semaphore(16)

    async def one(login: str) -> None:
        async with turns:
            await connect(login)

    await asyncio.gather(*(one(login) for login in names[FIRST:]))
    seconds = time.monotonic() - began
    await asyncio.sleep(3.0)  # what the first moments need is free again
    report({"memory": (resident() - before) / (users - FIRST), "connected": seconds})


async def at_rest() -> dict[str, float]:
    """Return the CPU time of a user in a minute without any event."""
    before, began = time.process_time(), time.monotonic()
    await asyncio.sleep(IDLE_SECONDS)
    return {"cpu": (time.process_time() - before) / (time.monotonic() - began) * 60.0}


def resident() -> int:
    """Return the resident memory in bytes."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


async def restarted(pool: Pool, users: int) -> dict[str, float]:
    """Ask for a restart, and return how fast the accounts came back."""
    events = pool.events(LinkChanged)
    requests = sum(account.connection.session.http.request_count for account in pool)
    loop = asyncio.get_running_loop()
    stopped = await loop.run_in_executor(None, ask_for_restart)
    opened: dict[str, float] = {}
    second: list[int] = []

    async def sample() -> None:
        last = requests
        while True:
            await asyncio.sleep(1.0)
            now = sum(account.connection.session.http.request_count for account in pool)
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
    return {"back": times[-1] - stopped, "per second": most, "requests in a second": max(second, default=0)}


def ask_for_restart() -> float:
    print("restart", flush=True)
    return float(sys.stdin.readline())


def report(found: dict[str, float]) -> None:
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
    """End a process of ours."""
    process.terminate()
    process.wait(30)
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def measure(kind: str, users: int) -> dict[str, float]:
    """Run one client in a process of its own."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        path, port = Path(folder) / "box.sqlite", free_port()
        servers = [started(path, port, users)]
        stack.callback(lambda: stop(servers[0]))
        client = spawn(f"--{kind}", f"http://127.0.0.1:{port}", str(users))
        stack.callback(stop, client)
        found: dict[str, float] = {}
        for line in lines(client):
            if line.strip() == "restart":
                stop(servers[0])
                servers[0] = started(path, port, users)
                assert client.stdin is not None
                client.stdin.write(f"{time.monotonic()}\n")
                client.stdin.flush()
            else:
                found |= json.loads(line)
        return found


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def run(*, quick: bool = False) -> list[Figure]:
    """Measure 50, 500 and 2,000 users.

    Args:
        quick: measure few.
    """
    return figures((20,) if quick else (50, 500, 2000))


def figures(counts: Sequence[int]) -> list[Figure]:
    """Measure some numbers of users.

    Args:
        counts: the numbers.
    """
    found: list[Figure] = []
    for users in counts:
        ours, bare = measure("pool", users), measure("raw", users)

        def compared(what: str, unit: str, one: float, other: float, aim: float, users: int = users) -> Figure:
            return Figure(f"{users} users: {what}", unit, [one], [other], aim)

        found += [
            compared("memory of each", "kB", ours["memory"] / 1000, bare["memory"] / 1000, 1.5),
            compared("idle CPU of each in a minute", "ms", ours["cpu"] / users * 1e3, bare["cpu"] / users * 1e3, 1.2),
            compared("all connected, against 50/s", "s", ours["connected"], users / 50, 2.0),
            compared("all back after a restart, against 2 min", "s", ours["back"], 120.0, 1.0),
            compared("most connects in a second, against 50", "/s", ours["per second"], 50.0, 1.2),
        ]
    return found


def main() -> None:
    """Be one of the processes, or print the table for some numbers of users."""
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
