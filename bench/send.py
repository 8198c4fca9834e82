"""Sending as a process.

``odoochat send`` to a channel by name on real Odoo 19 and 14 servers, compared with a ten-line script that uses
`xmlrpc.client`, and with a program that makes the same requests as odoochat with aiohttp and nothing else: the total
run time of the processes, as seen by a shell. All log in with the password, look up the channel by name, and post. A
relay in front of the server counts the requests.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.figures import Figure
from bench.relay import CountingRelay
from bench.servers import LiveServer, live_servers

__all__ = ["WHY", "run"]

PROGRAM = Path(sys.executable).with_name("odoochat")
REQUESTS = 4

WHY = {
    "14:": """Odoo 14 checks the password in 25 ms, so loading decides. The script takes 40 ms of CPU time in
    total, and ``import aiohttp`` alone 125 ms: 35 ms for asyncio, 30 ms for the system's certificate authorities,
    which aiohttp reads twice even if the address is http, and 60 ms for its own modules. A program that only makes
    the same four requests with aiohttp takes 2.3 times as long as the script, so the limit is that of aiohttp.
    odoochat takes 5 % more than that program: its command line and its own modules take 50 ms, but it reads the
    certificates in a second thread meanwhile, imports without looking for garbage, and imports what follows the login
    while the server checks the password. Two requests read the channels (10 ms), where the script has one, because a
    name that is not unique on the server can be unique among the user's channels. A program that sends often keeps
    one client open, so each `post` is a single request.""",
}

SCRIPT = """\
import sys, xmlrpc.client
url, db, login, password, model, name, text = sys.argv[1:]
uid = xmlrpc.client.ServerProxy(url + "/xmlrpc/2/common").authenticate(db, login, password, {})
models = xmlrpc.client.ServerProxy(url + "/xmlrpc/2/object")
def call(method, *args, **kwargs):
    return models.execute_kw(db, uid, password, model, method, args, kwargs)
channel = call("search", [["name", "=", name]])
print(call("message_post", channel, body=text, message_type="comment", subtype_xmlid="mail.mt_comment"))
"""

BARE = """\
import asyncio, sys, aiohttp
url, db, login, password, model, member, name, text = sys.argv[1:]
async def main():
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        async def post(path, **params):
            async with http.post(url + path, json={"jsonrpc": "2.0", "id": 1, "params": params}) as response:
                return (await response.json())["result"]
        def call(model, method, *args, **kwargs):
            return post("/web/dataset/call_kw", model=model, method=method, args=args, kwargs=kwargs)
        me = (await post("/web/session/authenticate", db=db, login=login, password=password))["partner_id"]
        mine = await call(member, "search_read", [["partner_id", "=", me]], ["channel_id"])
        ids = [row["channel_id"][0] for row in mine]
        channels = await call(model, "search_read", [["id", "in", ids]], ["name"])
        [channel] = [row["id"] for row in channels if row["name"] == name]
        print(await call(
            model, "message_post", [channel], body=text, message_type="comment", subtype_xmlid="mail.mt_comment"
        ))
asyncio.run(main())
"""
"""The same requests as odoochat with aiohttp and nothing else: the minimum for odoochat as long as it uses aiohttp."""


async def _took(command: Sequence[str], environment: Mapping[str, str]) -> float:
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=subprocess.PIPE)
    printed, _ = await process.communicate()
    seconds = time.perf_counter() - began
    assert process.returncode == 0, f"{command[0]} failed"
    assert printed.strip(), f"{command[0]} printed no id"
    return seconds * 1000


async def _measure(server: LiveServer, rounds: int) -> list[Figure]:
    name = "bench processes"
    server.channel(name, [server.user("reader"), server.user("writer")])
    took: dict[str, list[float]] = {"odoochat": [], "script": [], "aiohttp": []}
    requests: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        script, bare = Path(folder) / "send.py", Path(folder) / "bare.py"
        script.write_text(SCRIPT, "utf-8")
        bare.write_text(BARE, "utf-8")
        homes = {f"XDG_{kind}_HOME": f"{folder}/{kind}" for kind in ("DATA", "CACHE", "CONFIG", "STATE")}
        environment = {**os.environ, **homes, "ODOOCHAT_PASSWORD": "reader"}
        async with CountingRelay(server.url) as relay:
            login = [relay.url, server.db, "reader", "reader"]
            commands = {
                "odoochat": [
                    str(PROGRAM), "send", name, "hello", "--url", relay.url, "--db", server.db, "--login", "reader",
                ],
                "script": [sys.executable, str(script), *login, server.channel_model, name, "hello"],
                "aiohttp": [
                    sys.executable, str(bare), *login, server.channel_model, server.member_model, name, "hello",
                ],
            }  # fmt: skip
            names = [*took]
            for number in range(-1, rounds):
                for side in names[number % 3 :] + names[: number % 3]:
                    relay.reset()
                    milliseconds = await _took(commands[side], environment)
                    if number >= 0:  # the first round warms up
                        took[side].append(milliseconds)
                        if side == "odoochat":
                            requests.append(float(relay.requests))
    what, mine = f"{server.version}: odoochat send", took["odoochat"]
    return [
        Figure(what, "ms", mine, took["script"], 1.5, against="script with xmlrpc.client"),
        Figure(what, "ms", mine, took["aiohttp"], 1.2, against="same requests, aiohttp"),
        Figure(
            f"{server.version}: requests of a send", "", requests, [float(REQUESTS)], 1.0,
            against=f"{REQUESTS} requests", limit=True,
        ),
    ]  # fmt: skip


def run(*, quick: bool = False) -> list[Figure]:
    """Measure on both servers.

    Args:
        quick: whether to take only a few measurements.
    """
    rounds = 3 if quick else 20
    return [figure for server in live_servers() for figure in asyncio.run(_measure(server, rounds))]
