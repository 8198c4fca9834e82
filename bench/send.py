"""Sending as a process.

``odoochat send`` to a channel by name on real Odoo 19 and 14 servers, compared with a ten-line script that uses
`xmlrpc.client`: the total run time of both processes, as seen by a shell. Both log in with the password, look up the
channel by name, and post. A relay in front of the server counts the requests.
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
    "": """In addition to the server's work for both (450 ms for the password on Odoo 19, 90 ms on Odoo 14; 70 ms for
    the post), odoochat needs 250 to 300 ms of CPU time to load its modules, including 85 ms for aiohttp (25 ms of it
    for the system's certificate authorities), 40 ms for asyncio and TLS, and 95 ms for its own modules. 60 ms of this
    time pass while the server checks the password. The script needs 50 ms. One more request reads the channels (30 ms),
    because a name that is not unique on the server can be unique among the user's channels. A program that sends often
    keeps one client open, so each `post` is a single request.""",
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
    mine: list[float] = []
    theirs: list[float] = []
    requests: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "send.py"
        script.write_text(SCRIPT, "utf-8")
        homes = {f"XDG_{kind}_HOME": f"{folder}/{kind}" for kind in ("DATA", "CACHE", "CONFIG", "STATE")}
        environment = {**os.environ, **homes, "ODOOCHAT_PASSWORD": "reader"}
        async with CountingRelay(server.url) as relay:
            ours = [
                str(PROGRAM), "send", name, "hello", "--url", relay.url, "--db", server.db, "--login", "reader",
            ]  # fmt: skip
            peer = [
                sys.executable, str(script), relay.url, server.db, "reader", "reader", server.channel_model, name,
                "hello",
            ]  # fmt: skip
            for number in range(-1, rounds):
                for command, kept in ((ours, mine), (peer, theirs))[:: 1 if number % 2 else -1]:
                    relay.reset()
                    took = await _took(command, environment)
                    if number >= 0:  # the first round warms up
                        kept.append(took)
                        if command is ours:
                            requests.append(float(relay.requests))
    return [
        Figure(f"{server.version}: odoochat send", "ms", mine, theirs, 1.5, against="script with xmlrpc.client"),
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
