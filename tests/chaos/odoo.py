"""A real Odoo that a script of tests/odoo started: its tables, its process, and hands inside it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import aiohttp

SCRIPTS = Path(__file__).parent.parent / "odoo"
HAND = Path(__file__).parent / "hand.py"
SETTINGS = ("HOME", "PORT", "WS_PORT", "LP_PORT", "PG_PORT", "DB", "MODE")


class HandError(Exception):
    """What Odoo raised; the transaction was rolled back."""


class Odoo:
    """One server.

    The environment names another one than the script's own: CHAOS_ODOO19_HOME, _PORT, _WS_PORT, _PG_PORT, _DB stand
    for ODOO_UP_HOME and so on; CHAOS_ODOO14_… likewise.
    """

    def __init__(self, version: int) -> None:
        self.version = version
        self._script = str(SCRIPTS / f"odoo{version}-up")
        prefix = "ODOO_UP_" if version >= 19 else f"ODOO{version}_UP_"
        self._environ = dict(os.environ)
        for name in SETTINGS:
            if value := os.environ.get(f"CHAOS_ODOO{version}_{name}"):
                self._environ[prefix + name] = value
        self.model = "mail.channel" if version < 17 else "discuss.channel"
        self.table = self.model.replace(".", "_")
        self.environment: dict[str, str] = {}
        self.pid = 0
        self.found_running = False
        self.stopped = False

    # -------------------------------------------------------------------- script

    async def script(self, *words: str, limit: float = 300.0, check: bool = True) -> str:
        """What the script prints."""
        process = await asyncio.create_subprocess_exec(
            self._script,
            *words,
            env=self._environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(limit):
                out, err = await process.communicate()
        except BaseException:
            if process.returncode is None:
                process.terminate()
                await process.wait()
            raise
        if check and process.returncode:
            raise RuntimeError(f"{Path(self._script).name} {words[0]}: {err.decode()[-2000:]}")
        return out.decode() if process.returncode == 0 else ""

    async def begin(self, *, fresh: bool) -> None:
        """Starts it where it does not run; with `fresh` on a new database."""
        self.found_running = bool(await self.script("status", check=False))
        self._note_pid(await self.script("fresh" if fresh else "start", limit=900))
        printed = await self.script("env")
        self.environment = dict(item.split("=", 1) for item in shlex.split(printed))

    def _note_pid(self, summary: str) -> None:
        found = re.search(r"^Server\s+pid (\d+)", summary, re.MULTILINE)
        if not found:
            raise RuntimeError(f"the script named no pid:\n{summary}")
        self.pid = int(found[1])

    @property
    def url(self) -> str:
        return self.environment["ODOO_URL"]

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.url.removeprefix("http://").partition(":")
        return host, int(port)

    @property
    def db(self) -> str:
        return self.environment["ODOO_DB"]

    async def rows(self, query: str, limit: float = 120.0) -> list[list[str]]:
        """What Odoo's own database answers to a query."""
        out = await self.script("psql", "-XqAt", "-F", "|", "-v", "ON_ERROR_STOP=1", "-c", query, limit=limit)
        return [line.split("|") for line in out.splitlines()]

    # --------------------------------------------------------------------- faults

    def _signal(self, number: int) -> bool:
        try:
            command = Path(f"/proc/{self.pid}/cmdline").read_bytes()
        except OSError:
            return False
        if b"odoo" not in command:
            return False
        os.kill(self.pid, number)
        return True

    async def freeze(self, seconds: float) -> None:
        """Stops the process for a while: its connections stay open without an answer."""
        if self._signal(signal.SIGSTOP):
            self.stopped = True
            try:
                await asyncio.sleep(seconds)
            finally:
                self._signal(signal.SIGCONT)
                self.stopped = False

    async def kill(self, pause: float) -> None:
        """Kills the process, and starts another one after a while."""
        self._signal(signal.SIGKILL)
        await asyncio.sleep(pause)
        self._note_pid(await self.script("start"))

    async def restart(self) -> None:
        """Stops it politely and starts it again."""
        self._note_pid(await self.script("restart"))

    async def end(self) -> None:
        """Leaves it as it was found."""
        if self.stopped:
            self._signal(signal.SIGCONT)
        await self.script("start" if self.found_running else "stop")

    # ---------------------------------------------------------------------- calls

    async def call(
        self, http: aiohttp.ClientSession, uid: int, secret: str, model: str, method: str, *args: Any, **kwargs: Any
    ) -> Any:
        """A plain JSON-RPC call.

        Raises:
            aiohttp.ClientError, TimeoutError, OSError: the network failed.
            RuntimeError: Odoo said no.
        """
        params = {
            "service": "object",
            "method": "execute_kw",
            "args": [self.db, uid, secret, model, method, list(args), kwargs],
        }
        ask = {"jsonrpc": "2.0", "id": 1, "method": "call", "params": params}
        limit = aiohttp.ClientTimeout(total=20)
        async with http.post(f"{self.url}/jsonrpc", json=ask, timeout=limit) as response:
            answer = await response.json(content_type=None)
        if "error" in answer:
            raise RuntimeError(str(answer["error"].get("data", {}).get("message", answer["error"]))[:300])
        return answer.get("result")

    async def log_out(self, http: aiohttp.ClientSession, session_id: str) -> None:
        """Ends a session, as its user does in another window."""
        ask = {"jsonrpc": "2.0", "id": 1, "method": "call", "params": {}}
        limit = aiohttp.ClientTimeout(total=20)
        cookie = {"Cookie": f"session_id={session_id}"}
        async with http.post(f"{self.url}/web/session/destroy", json=ask, headers=cookie, timeout=limit) as response:
            await response.read()


class Hand:
    """A process of Odoo's own code beside the server, as a worker or a cron job is one."""

    def __init__(self, odoo: Odoo) -> None:
        self._odoo = odoo
        self._process: asyncio.subprocess.Process | None = None
        self._server: asyncio.Server | None = None
        self._line: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]] | None = None
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        line = asyncio.get_running_loop().create_future()
        self._line = line
        self._server = await asyncio.start_server(
            lambda r, w: None if line.done() else line.set_result((r, w)), "127.0.0.1", 0
        )
        port = self._server.sockets[0].getsockname()[1]
        self._process = await asyncio.create_subprocess_exec(
            self._odoo._script,
            "shell",
            env=self._odoo._environ,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        assert self._process.stdin is not None
        self._process.stdin.write(f"PORT = {port}\nMODEL = {self._odoo.model!r}\n".encode() + HAND.read_bytes())
        self._process.stdin.close()
        self._noise: list[bytes] = []
        self._hush = asyncio.ensure_future(self._read_noise())
        try:
            async with asyncio.timeout(90):
                ended = asyncio.ensure_future(self._process.wait())
                await asyncio.wait({ended, line}, return_when=asyncio.FIRST_COMPLETED)
                if not line.done():
                    raise RuntimeError(f"the Odoo shell ended: {b''.join(self._noise).decode()[-3000:]}")  # noqa: TRY301
                ended.cancel()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def _read_noise(self) -> None:
        assert self._process is not None
        assert self._process.stderr is not None
        while data := await self._process.stderr.read(4096):
            self._noise = [*self._noise[-8:], data]

    async def __aexit__(self, *_: object) -> None:
        assert self._process is not None
        if self._line is not None and self._line.done():
            self._line.result()[1].close()
        if self._server is not None:
            self._server.close()
        try:
            async with asyncio.timeout(10):
                await self._process.wait()
        except TimeoutError:
            os.killpg(self._process.pid, signal.SIGKILL)  # its own session: nobody else's
            await self._process.wait()
        self._hush.cancel()
        await asyncio.gather(self._hush, return_exceptions=True)

    async def ask(self, do: str, **more: Any) -> Any:
        """Has something done there.

        Raises:
            HandError: Odoo raised; nothing of it is committed.
        """
        assert self._line is not None
        async with self._turn:
            reader, writer = self._line.result()
            writer.write(json.dumps({"do": do, **more}).encode() + b"\n")
            await writer.drain()
            text = await reader.readline()
        if not text:
            raise RuntimeError(f"the Odoo shell ended: {b''.join(self._noise).decode()[-3000:]}")
        answer = json.loads(text)
        if "error" in answer:
            raise HandError(answer["error"])
        return answer["ok"]

    async def post(
        self,
        uid: int,
        channel: int,
        text: str,
        *,
        cursor: str = "main",
        flush: bool = False,
        commit: bool = True,
        unknown: bool = False,
        old: bool = False,
    ) -> int:
        """A real message_post by a user; its id.

        Args:
            uid: id of the user.
            channel: id of the channel.
            text: the body.
            cursor: name of the cursor; each is a transaction of its own.
            flush: whether the row is written at once.
            commit: whether the transaction ends with the post.
            unknown: without an author, as a mail's.
            old: with a date of years ago.
        """
        number: int = await self.ask(
            "post", cursor_name=cursor, uid=uid, channel=channel, text=text, flush=flush, commit=commit,
            unknown=unknown, old=old,
        )  # fmt: skip
        return number

    async def crowd(self, world: World, count: int, *, gap: int = 0) -> None:
        """Lets other users write messages that no user of the run may read; then uses up ids."""
        await self.ask("crowd", **world.crowd, count=count, gap=gap)

    async def rename(self, uid: int, name: str) -> None:
        """Renames a user."""
        await self.ask("rename", uid=uid, name=name)

    async def commit(self, cursor: str = "main") -> None:
        """Commits what a cursor holds."""
        await self.ask("commit", cursor_name=cursor)

    async def world(self, people: Sequence[str], channels: Sequence[str], keys: Sequence[str]) -> World:
        """Makes users (password = login), channels that all are members of, and API keys."""
        made = await self.ask("world", people=list(people), channels=list(channels), keys=list(keys))
        return World({p: u[0] for p, u in made["users"].items()}, made["channels"], made["keys"], made["crowd"])


class World:
    """Who and what was made for one run.

    Attributes:
        crowd: the author and the channels of what others write.
    """

    def __init__(self, uids: dict[str, int], channels: list[int], keys: dict[str, str], crowd: dict[str, Any]) -> None:
        self.crowd = crowd
        self.uids = uids
        self.channels = channels
        self.keys = keys
