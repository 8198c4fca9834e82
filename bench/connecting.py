"""Connecting.

Opening a link to a real Odoo 19, with a login and password: a session, the user's channels, and a WebSocket whose
subscription the server has received. The raw loop does the minimum for the same result: it logs in, reads the names of
the user's channels, opens the WebSocket and subscribes, with aiohttp and `json.loads`. Both run in one process and take
turns. Odoo needs half a second of CPU time to check a password.
"""

from __future__ import annotations

import asyncio
import time

import odoochat
from bench.figures import Figure
from bench.latency import Raw, server

REQUESTS = 8


async def ours(url: str, db: str) -> tuple[float, float, int]:
    """Connect with odoochat.

    Args:
        url: the server's address.
        db: the database.

    Returns:
        The time and the CPU time in milliseconds, and the number of requests.
    """
    cpu, begun = time.process_time(), time.perf_counter()
    async with odoochat.connect(url, db=db, login="alice", password="alice") as odoo:
        await odoo.link.wait_open(30)
        assert odoo.channels()
        took, used = time.perf_counter() - begun, time.process_time() - cpu
        await asyncio.sleep(1.0)  # also counts the work that follows
        return took * 1000, used * 1000, odoo._connection.session.http.request_count


async def bare(url: str, db: str) -> tuple[float, float, int]:
    """Connect without odoochat.

    Args:
        url: the server's address.
        db: the database.

    Returns:
        The same values as `ours`.
    """
    cpu, begun = time.process_time(), time.perf_counter()
    raw = Raw(url, db)
    try:
        await raw.log_in("alice")
        params = {
            "model": "discuss.channel",
            "method": "search_read",
            "args": [[["is_member", "=", True]], ["name"]],
            "kwargs": {},
        }
        assert await raw.call("/web/dataset/call_kw", **params)
        await raw.listen()
        return (time.perf_counter() - begun) * 1000, (time.process_time() - cpu) * 1000, 3
    finally:
        await raw.close()


async def compared(rounds: int) -> list[Figure]:
    """Connect in turn.

    Args:
        rounds: number of rounds.
    """
    found = server()
    where = found["ODOO_URL"], found["ODOO_DB"]
    mine: list[tuple[float, float, int]] = []
    theirs: list[tuple[float, float, int]] = []
    for number in range(-1, rounds):
        for work, kept in ((ours, mine), (bare, theirs))[:: 1 if number % 2 else -1]:
            measured = await work(*where)
            if number >= 0:  # the first round warms up
                kept.append(measured)
    wall, requests = [m[0] for m in mine], [float(m[2]) for m in mine]
    against = "aiohttp and json.loads"
    return [
        Figure("connect until the link is open", "ms", wall, [m[0] for m in theirs], 1.3, against=against),
        Figure("requests of a connect", "", requests, [REQUESTS], 1.0, against=f"{REQUESTS} requests", limit=True),
    ]


def run(*, quick: bool = False) -> list[Figure]:
    """Measure.

    Args:
        quick: whether to take only a few measurements.
    """
    return asyncio.run(compared(2 if quick else 12))
