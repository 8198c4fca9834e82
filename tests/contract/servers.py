"""The servers that the contract is tried on."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from xmlrpc.client import ServerProxy

from odoochat.sandbox import Sandbox
from tests.contract import company

SCRIPTS = Path(__file__).parent.parent / "odoo"
PEOPLE = ("alice", "bob")


@dataclass(frozen=True)
class Server:
    """A server with alice, bob and admin, and a channel "general" that all three are members of.

    Attributes:
        tables: the script that opens Odoo's own tables, None where they cannot be reached.
        box: the sandbox, when it is one.
    """

    name: str
    url: str
    db: str
    version: int
    passwords: dict[str, str]
    keys: dict[str, str] = field(default_factory=dict)
    tables: str | None = None
    box: Sandbox | None = None

    @property
    def transports(self) -> tuple[str, ...]:
        return ("websocket", "peek", "rpc") if self.version >= 16 else ("longpoll", "rpc")

    def rows(self, query: str) -> list[list[str]]:
        """What Odoo's own database answers to a query."""
        assert self.tables is not None
        done = subprocess.run(
            [self.tables, "psql", "-qAt", "-F", "|", "-c", query], capture_output=True, text=True, check=True
        )
        return [line.split("|") for line in done.stdout.splitlines()]


def real(version: int) -> Server:
    """The real server that the script started."""
    script = str(SCRIPTS / f"odoo{version}-up")
    done = subprocess.run([script, "env"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"real Odoo {version} is not there: `make test-odoo` starts it ({done.stderr.strip()})")
    received = dict(item.split("=", 1) for item in shlex.split(done.stdout))
    company.settle(received["ODOO_URL"], received["ODOO_DB"], version, "admin")
    return Server(
        f"real{version}",
        received["ODOO_URL"],
        received["ODOO_DB"],
        version,
        {p: p for p in (*PEOPLE, "admin", company.CUSTOMER)},
        {p: received[f"ODOO_{p.upper()}_APIKEY"] for p in (*PEOPLE, "admin")},
        tables=script,
    )


@cache
def named_version() -> int:
    """The major version of the server that the environment names, as it says itself."""
    with ServerProxy(f"{os.environ['ODOOCHAT_TEST_URL'].rstrip('/')}/xmlrpc/2/common") as common:
        info: Any = common.version()
    return int(re.findall(r"\d+", str(info["server_version_info"][0]))[0])


def named() -> Server:
    """The server that the environment names; see tests/odoo/README.md."""
    environ = os.environ
    people = (*PEOPLE, "admin")
    return Server(
        "named",
        environ["ODOOCHAT_TEST_URL"],
        environ["ODOOCHAT_TEST_DB"],
        named_version(),
        {p: environ.get(f"ODOOCHAT_TEST_{p.upper()}_PASSWORD", p) for p in people},
        {p: k for p in people if (k := environ.get(f"ODOOCHAT_TEST_{p.upper()}_API_KEY"))},
    )


@asynccontextmanager
async def sandbox(version: int) -> AsyncIterator[Server]:
    """The embedded server."""
    async with Sandbox(version, seeding="crowd", databases=["elsewhere"]) as box:
        keys = {p: box.api_key(p) for p in (*PEOPLE, "admin")}
        yield Server(
            f"sandbox{version}",
            box.url,
            box.db,
            version,
            {p: p for p in (*PEOPLE, "admin", company.CUSTOMER)},
            keys,
            box=box,
        )
