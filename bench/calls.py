"""Small calls.

Each call reads the name of one record from a real Odoo 19, with the login and password of an employee. Each client runs
in its own process and logs in once; then the clients take turns making 40 calls each. *One at a time* waits for each
response before the next call. *Ten at a time* keeps ten calls in flight: in tasks if the client is asynchronous,
otherwise in ten threads with one client each. *CPU* is the CPU time of the client's process per call. All clients parse
responses with the standard library's `json`, except odoochat (msgspec) and xmlrpc.client (expat). zenoo-rpc and
odoo-client-lib use httpx, the latter with a new connection for each call. odooly uses requests if it is installed, and
then keeps connections open.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from bench.callers import ASYNC, BLOCKING
from bench.figures import Figure
from bench.latency import server
from bench.results import ROOT

OURS = "odoochat"
PEERS = ("xmlrpc.client", "OdooRPC", "odooly", "odooly, requests", "odoo-client-lib", "zenoo-rpc")
LIMIT = "bare aiohttp"
"""The library that odoochat is built on."""

TOGETHER = {1: "one at a time", 10: "ten at a time"}
QUICKEST = "odooly"
"""The fastest client without async, with which odoochat.sync is compared."""

NEAR = 1.2
"""The aim relative to the limit."""

CALLS = 40

WHY = {
    f"{OURS}, {TOGETHER[1]}: CPU": """Without a proxy, Odoo closes the connection after each
    response. Connecting, sending and reading take eight iterations of the event loop with asyncio, and none with a
    blocking socket: for one call at a time, the same request takes 0.40 ms of CPU time with urllib, 0.62 ms with bare
    asyncio streams and 0.70 ms with bare aiohttp, all measured in turn. odoochat adds 0.03 to 0.05 ms to aiohttp (0.37
    ms instead of 0.33 ms against a local server
    that responds immediately). The limit is therefore that of aiohttp.""",
    f"{OURS}, {TOGETHER[1]}: each": """Odoo accounts for nearly all of the time of a call. Clients
    differ only in their CPU time.""",
    f"{OURS}, {TOGETHER[10]}": """Ten threads with a blocking socket each need less CPU time than
    ten tasks, for the same reason. The first rows show what odoochat adds to bare aiohttp.""",
    f"{OURS}.sync": """Each call crosses from the caller's thread to the event loop's thread and back, in
    addition to the cost of aiohttp. The same event loop runs the client's live link.""",
}
"""Why an aim is missed."""


class Caller:
    """A client in its own process.

    Args:
        name: the client's name.
        where: URL, database, login and password.
    """

    def __init__(self, name: str, where: list[str]) -> None:
        python = (
            sys.executable if name.startswith(OURS) or name == LIMIT else str(ROOT / ".venv-peers" / "bin" / "python")
        )
        program = Path(__file__).with_name("callers.py")
        self._process = subprocess.Popen(
            [python, str(program), name, *where], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        if self._output.readline().strip() != "ready":
            raise RuntimeError(f"{name} cannot call")

    @property
    def _output(self) -> IO[str]:
        assert self._process.stdout is not None
        return self._process.stdout

    def call(self, count: int, together: int) -> tuple[float, float]:
        """Make calls.

        Args:
            count: number of calls.
            together: number of calls made at the same time.

        Returns:
            The elapsed time and the CPU time per call, in milliseconds.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(f"{count} {together}\n")
        self._process.stdin.flush()
        found = json.loads(self._output.readline())
        return found["wall"] * 1000 / count, found["cpu"] * 1000 / count

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def run(*, quick: bool = False) -> list[Figure]:
    """Measure all clients in turn.

    Args:
        quick: whether to take only a few measurements.
    """
    rounds = 2 if quick else 12
    found = server()
    where = [found["ODOO_URL"], found["ODOO_DB"], "alice", "alice"]
    figures: list[Figure] = []
    with ExitStack() as stack:
        callers: dict[str, Caller] = {}
        for name in (OURS, f"{OURS}.sync", LIMIT, *PEERS):
            callers[name] = Caller(name, where)
            stack.callback(callers[name].close)
        for together, how in TOGETHER.items():
            walls, cpus = _in_turn(callers, rounds, together)
            for peer in (LIMIT, *PEERS):
                for ours, other in [(OURS, peer), *([(f"{OURS}.sync", peer)] if peer == QUICKEST else [])]:
                    what, aim = f"{ours}, {how}", NEAR if other == LIMIT else 1.0
                    figures += [
                        Figure(f"{what}: each call", "ms", walls[ours], walls[other], aim, against=other),
                        Figure(f"{what}: CPU of each call", "ms", cpus[ours], cpus[other], aim, against=other),
                    ]
    return figures


def _in_turn(
    callers: dict[str, Caller], rounds: int, together: int
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    walls: dict[str, list[float]] = {name: [] for name in callers}
    cpus: dict[str, list[float]] = {name: [] for name in callers}
    names = [*callers]
    for number in range(-1, rounds):
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            wall, cpu = callers[name].call(CALLS, together)
            if number >= 0:  # the first round warms up
                walls[name].append(wall)
                cpus[name].append(cpu)
    return walls, cpus


assert set(PEERS) <= set(BLOCKING) | set(ASYNC)
