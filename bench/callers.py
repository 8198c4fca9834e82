"""A process that makes small calls with one client: ``callers.py CLIENT URL DB LOGIN PASSWORD``.

Runs in the environment in which the client is installed. For each line ``COUNT TOGETHER`` of standard input, it makes
COUNT calls, TOGETHER of them at the same time, and prints the elapsed seconds and its CPU time as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
import xmlrpc.client
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from urllib.parse import urlsplit

MODEL, FIELDS = "res.partner", ["name"]
"""Each call reads the name of one record."""

RECORD = 3


class Login(NamedTuple):
    """Where a client logs in."""

    url: str
    db: str
    login: str
    password: str


Calls = Callable[[], Any]


# ------------------------------------------------------------- clients without async


def by_xmlrpc(to: Login) -> Calls:
    """xmlrpc.client from the standard library, used as in Odoo's documentation."""
    user = xmlrpc.client.ServerProxy(f"{to.url}/xmlrpc/2/common").authenticate(to.db, to.login, to.password, {})
    objects = xmlrpc.client.ServerProxy(f"{to.url}/xmlrpc/2/object")
    return lambda: objects.execute_kw(to.db, user, to.password, MODEL, "read", [[RECORD]], {"fields": FIELDS})


def by_odoorpc(to: Login) -> Calls:
    """OdooRPC."""
    import odoorpc

    parts = urlsplit(to.url)
    odoo = odoorpc.ODOO(parts.hostname, port=parts.port)
    odoo.login(to.db, to.login, to.password)
    return lambda: odoo.execute(MODEL, "read", [RECORD], FIELDS)


def by_odooly(to: Login) -> Calls:
    """odooly as installed by pip."""
    sys.modules["requests"] = None  # type: ignore[assignment]  # odooly uses it where it is installed
    return by_odooly_with_requests(to)


def by_odooly_with_requests(to: Login) -> Calls:
    """odooly with requests, which keeps connections open."""
    import odooly

    client = odooly.Client(to.url, to.db, to.login, to.password)
    return lambda: client.env.execute(MODEL, "read", [RECORD], FIELDS)


def by_odoolib(to: Login) -> Calls:
    """odoo-client-lib, with JSON-RPC."""
    import odoolib

    parts = urlsplit(to.url)
    connection = odoolib.get_connection(
        hostname=parts.hostname, port=parts.port, protocol="jsonrpc", database=to.db, login=to.login,
        password=to.password,
    )  # fmt: skip
    connection.check_login()
    partners = connection.get_model(MODEL)
    return lambda: partners.read([RECORD], FIELDS)


def by_odoochat_sync(to: Login) -> Calls:
    """odoochat without async."""
    from odoochat.sync import connect

    odoo = connect(to.url, db=to.db, login=to.login, password=to.password, live=False)
    odoo.__enter__()  # the process ends with it
    return lambda: odoo.execute(MODEL, "read", [RECORD], fields=FIELDS)


# ---------------------------------------------------------------- clients with async


@asynccontextmanager
async def by_odoochat(to: Login) -> AsyncIterator[Callable[[], Awaitable[Any]]]:
    """odoochat."""
    import odoochat

    async with odoochat.connect(to.url, db=to.db, login=to.login, password=to.password, live=False) as odoo:
        yield lambda: odoo.execute(MODEL, "read", [RECORD], fields=FIELDS)


@asynccontextmanager
async def by_zenoo(to: Login) -> AsyncIterator[Callable[[], Awaitable[Any]]]:
    """zenoo-rpc."""
    from zenoo_rpc import ZenooClient

    async with ZenooClient(to.url) as client:
        await client.login(to.db, to.login, to.password)
        yield lambda: client.execute_kw(MODEL, "read", [[RECORD]], {"fields": FIELDS})


@asynccontextmanager
async def by_aiohttp(to: Login) -> AsyncIterator[Callable[[], Awaitable[Any]]]:
    """aiohttp without an Odoo client: the minimum for odoochat as long as it uses aiohttp."""
    import aiohttp

    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:

        async def call(path: str, **params: Any) -> Any:
            body = {"jsonrpc": "2.0", "method": "call", "id": 1, "params": params}
            async with http.post(to.url + path, json=body) as response:
                return (await response.json())["result"]

        await call("/web/session/authenticate", db=to.db, login=to.login, password=to.password)
        read = {"model": MODEL, "method": "read", "args": [[RECORD]], "kwargs": {"fields": FIELDS}}
        yield lambda: call("/web/dataset/call_kw", **read)


BLOCKING: dict[str, Callable[[Login], Calls]] = {
    "xmlrpc.client": by_xmlrpc,
    "OdooRPC": by_odoorpc,
    "odooly": by_odooly,
    "odooly, requests": by_odooly_with_requests,
    "odoo-client-lib": by_odoolib,
    "odoochat.sync": by_odoochat_sync,
}
ASYNC = {"odoochat": by_odoochat, "zenoo-rpc": by_zenoo, "bare aiohttp": by_aiohttp}
SHARED = ("odoochat.sync",)
"""Clients that multiple threads can share; the others need one client per thread."""


def measured(work: Callable[[], object]) -> None:
    """Print the elapsed time and the CPU time of some work.

    Args:
        work: the work to measure.
    """
    cpu, begun = time.process_time(), time.perf_counter()
    work()
    print(json.dumps({"wall": time.perf_counter() - begun, "cpu": time.process_time() - cpu}), flush=True)


def orders() -> Any:
    """Yield the number of calls and of simultaneous calls from each line."""
    for line in sys.stdin:
        count, together = map(int, line.split())
        yield count, together


def block(make: Callable[[Login], Calls], to: Login, *, shared: bool) -> None:
    """Make the calls in threads.

    Args:
        make: logs in.
        to: where to log in.
        shared: whether all threads use one client.
    """
    clients = [make(to)]
    checked(clients[0]())
    print("ready", flush=True)
    for count, together in orders():
        while len(clients) < together:
            clients.append(clients[0] if shared else make(to))

        def some(call: Calls, number: int = count // together) -> None:
            for _ in range(number):
                call()

        if together == 1:
            measured(lambda many=some: many(clients[0]))
            continue
        with ThreadPoolExecutor(together) as threads:
            measured(lambda many=some, pool=threads: [*pool.map(many, clients)])


async def gather(to: Login, name: str) -> None:
    """Make the calls in tasks.

    Args:
        to: where to log in.
        name: the client's name.
    """
    async with ASYNC[name](to) as call:
        checked(await call())
        print("ready", flush=True)

        async def some(number: int) -> None:
            for _ in range(number):
                await call()

        loop = asyncio.get_running_loop()
        lines = orders()
        while (order := await loop.run_in_executor(None, lambda: next(lines, None))) is not None:
            count, together = order
            cpu, begun = time.process_time(), time.perf_counter()
            if together == 1:
                await some(count)
            else:
                await asyncio.gather(*(some(count // together) for _ in range(together)))
            print(json.dumps({"wall": time.perf_counter() - begun, "cpu": time.process_time() - cpu}), flush=True)


def checked(rows: Any) -> None:
    """Check a call's result.

    Args:
        rows: the result.

    Raises:
        ValueError: the result is not the requested record.
    """
    row = rows[0] if isinstance(rows, list) else rows
    if row["id"] != RECORD or not isinstance(row["name"], str):
        raise ValueError(f"not the requested record: {rows}")


if __name__ == "__main__":
    client, *where = sys.argv[1:]
    if client in ASYNC:
        asyncio.run(gather(Login(*where), client))
    else:
        block(BLOCKING[client], Login(*where), shared=client in SHARED)
