"""Small calls.

Each call reads the name of one record from a real Odoo 19, with the login and password of an employee. Each client
runs in its own process and logs in once; then the clients take turns making 20 calls each. The order is random and
differs in each round, so that no client always follows the same other one. Each turn begins with a few calls that do
not count, because the process was idle before. *One at a time* waits for each response before the next call. *Ten at a
time* keeps ten calls in flight: in tasks if the client is asynchronous, otherwise in ten threads with one client each.
*CPU* is the CPU time of the client's process per call. All clients parse responses with the standard library's `json`,
except odoochat (msgspec) and xmlrpc.client (expat). zenoo-rpc and odoo-client-lib use httpx, the latter with a new
connection for each call. odooly uses requests if it is installed, and then keeps connections open.

Odoo itself closes the connection after each response; the usual proxy in front of it, such as nginx, does not. The rows
*through a proxy* are measured through one that keeps its clients' connections open (aiohttp, in its own process). It
competes for the same cores, so these rows show CPU time only.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing, contextmanager
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

PROXIED = (OURS, f"{OURS}.sync", LIMIT, "xmlrpc.client", "odooly, requests")
"""The clients that are also measured through a proxy, which all keep connections open."""

TOGETHER = {1: "one at a time", 10: "ten at a time"}
QUICKEST = "odooly"
"""The fastest client without async, with which odoochat.sync is compared."""

NEAR = 1.2
"""The aim relative to the limit."""

CALLS, WARM_UP = 20, 5
"""Number of calls in a turn, and of those before them, which do not count."""

ROUNDS = 30

WHY = {
    f"{OURS}, {TOGETHER[1]}: CPU": """Without a proxy, Odoo closes the connection after each response. Connecting,
    sending and reading take eight iterations of the event loop with asyncio, and none with a blocking socket: for one
    call at a time, the same request takes 0.40 ms of CPU time with urllib, 0.62 ms with bare asyncio streams and 0.70
    ms with bare aiohttp, all measured in turn. Measured like the rows of this section, bare aiohttp itself takes 1.3
    to 1.4 times the CPU time of xmlrpc.client and 1.5 to 1.6 times that of odooly. odoochat adds 0.02 to 0.06 ms to
    aiohttp (0.35 ms for both against a local server that responds immediately), so the limit is that of aiohttp. The
    event loop of uvloop saves 9 to 15 %, which does not change the order of the clients.""",
    f"{OURS}, {TOGETHER[1]}: each": """The server treats all clients alike. With a blocking socket, the fastest tenth of
    the requests takes 2.3 ms to 2.5 ms, whether the request is sent in one packet or in two, to /web/dataset/call_kw
    with or without the method's name, and with or without ``Connection: close``; half a millisecond between connecting
    and sending adds that half millisecond. What remains is the client's CPU time (see the row above), and that the
    median of the same request varies between 3 and 8 ms while other processes use the cores.""",
    f"{OURS}, {TOGETHER[10]}": """Ten threads with a blocking socket each need less CPU time than
    ten tasks, because a task needs the event loop to connect, send and read: bare aiohttp takes 1.1 to 1.4 times the
    CPU time of xmlrpc.client and of odooly. The first rows show what odoochat adds to it.""",
    f"{OURS}.sync": """Each call crosses from the caller's thread to the event loop's thread and back, in
    addition to the cost of aiohttp: 0.02 ms for a call that does nothing, 0.05 ms for one that waits for a response.
    The same event loop runs the client's live link.""",
    f"{OURS}, through": """xmlrpc.client keeps its connection open too, and needs no event loop to read from it.
    Against a local server that responds immediately, a call of odoochat takes 0.14 ms if the server keeps connections,
    and 0.35 ms if it closes them.""",
    f"{OURS}.sync, through": """Each call crosses from the caller's thread to the event loop's thread and back, and ten
    threads compete with the event loop's thread for Python's global lock.""",
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
    rounds = 2 if quick else ROUNDS
    found = server()
    where = [found["ODOO_URL"], found["ODOO_DB"], "alice", "alice"]
    figures: list[Figure] = []
    with _callers((OURS, f"{OURS}.sync", LIMIT, *PEERS), where) as callers:
        for together, how in TOGETHER.items():
            walls, cpus = _in_turn(callers, rounds, together)
            for peer in (LIMIT, *PEERS):
                for ours, other in [(OURS, peer), *([(f"{OURS}.sync", peer)] if peer == QUICKEST else [])]:
                    what, aim = f"{ours}, {how}", NEAR if other == LIMIT else 1.0
                    figures += [
                        Figure(f"{what}: each call", "ms", walls[ours], walls[other], aim, against=other),
                        Figure(f"{what}: CPU of each call", "ms", cpus[ours], cpus[other], aim, against=other),
                    ]
    return figures + _through_a_proxy(where, rounds)


@contextmanager
def _callers(names: Sequence[str], where: list[str]) -> Generator[dict[str, Caller]]:
    callers: dict[str, Caller] = {}
    with ExitStack() as stack:
        for name in names:
            callers[name] = Caller(name, where)
            stack.callback(callers[name].close)
        yield callers


def _through_a_proxy(where: list[str], rounds: int) -> list[Figure]:
    """Measure the clients that keep connections open through a proxy that allows it."""
    program = Path(__file__).with_name("proxy.py")
    figures: list[Figure] = []
    with subprocess.Popen(
        [sys.executable, str(program), where[0]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as proxy:
        assert proxy.stdin is not None
        assert proxy.stdout is not None
        with closing(proxy.stdin), _callers(PROXIED, [proxy.stdout.readline().strip(), *where[1:]]) as callers:
            for together, how in TOGETHER.items():
                _, cpus = _in_turn(callers, rounds, together)
                pairs = [*((OURS, name) for name in PROXIED[2:]), (f"{OURS}.sync", PROXIED[-1])]
                for ours, other in pairs:
                    aim = NEAR if other == LIMIT else 1.0
                    what = f"{ours}, through a proxy, {how}: CPU of each call"
                    figures.append(Figure(what, "ms", cpus[ours], cpus[other], aim, against=other))
    return figures


def _in_turn(
    callers: dict[str, Caller], rounds: int, together: int
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    walls: dict[str, list[float]] = {name: [] for name in callers}
    cpus: dict[str, list[float]] = {name: [] for name in callers}
    order = random.Random(rounds)  # the same orders in each run
    names = [*callers]
    for _ in range(rounds):
        order.shuffle(names)
        for name in names:
            callers[name].call(max(WARM_UP, together), together)
            wall, cpu = callers[name].call(CALLS, together)
            walls[name].append(wall)
            cpus[name].append(cpu)
    return walls, cpus


assert set(PEERS) <= set(BLOCKING) | set(ASYNC)
