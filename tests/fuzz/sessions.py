"""Whole sessions against a lying server: nothing but odoochat's errors, no stall, and news again when it is honest."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any, Self

import odoochat
from odoochat import Client, LinkChanged, MessagePosted, OdooChatError
from tests.fuzz.figures import Figures, resident
from tests.timings import quick_connect

VERB_SECONDS = 60.0  # far above the patience and the timeouts that the client is given
RECOVERY_SECONDS = 60.0
KINDS: tuple[tuple[int, str, str], ...] = (
    (19, "auto", "password"), (14, "auto", "password"), (18, "websocket", "password"), (17, "peek", "password"),
    (20, "auto", "password"), (16, "websocket", "password"), (15, "longpoll", "password"), (19, "rpc", "api_key"),
    (14, "rpc", "api_key"), (20, "rpc", "api_key"),
)  # fmt: skip
"""Version of the server, transport, credential."""


@dataclass
class Server:
    """The lying server, in its own process."""

    process: asyncio.subprocess.Process
    port: int
    db: str
    key: str

    async def order(self, **what: Any) -> dict[str, Any]:
        """Give an order and wait until it is done."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(what).encode() + b"\n")
        async with asyncio.timeout(30):
            answer: dict[str, Any] = json.loads(await self.process.stdout.readline())
        return answer


@asynccontextmanager
async def lying(version: int) -> AsyncIterator[Server]:
    """Start a server with false answers, which begins with true ones."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.fuzz.liar", str(version),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            received = json.loads(await process.stdout.readline())
        yield Server(process, received["port"], received["db"], received["key"])
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


class Watch(logging.Handler):
    """Measures stalls of the event loop, and collects errors of tasks and tracebacks in the log.

    Args:
        figures: where they are kept.
    """

    def __init__(self, figures: Figures) -> None:
        super().__init__(logging.WARNING)
        self._figures = figures
        self._task: asyncio.Task[None] | None = None
        self.doing = ""

    async def __aenter__(self) -> Self:
        asyncio.get_running_loop().set_exception_handler(self._lost)
        logging.getLogger("odoochat").addHandler(self)
        self._task = asyncio.create_task(self._measure())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        gc.collect()  # tells of exceptions that were never retrieved
        await asyncio.sleep(0)
        logging.getLogger("odoochat").removeHandler(self)
        asyncio.get_running_loop().set_exception_handler(None)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a log line that holds the traceback of a foreign error."""
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and not isinstance(error, OdooChatError):
            self._figures.crashed(error, f"log: {record.getMessage()}")

    def _lost(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, Exception) and not isinstance(error, OdooChatError):
            self._figures.crashed(error, f"a task: {context.get('message')}")

    async def _measure(self) -> None:
        while True:
            processor, wall = time.process_time(), time.monotonic()
            await asyncio.sleep(0.02)
            # On a busy machine the loop is late although it does nothing: only its own work counts.
            late = min(time.monotonic() - wall - 0.02, time.process_time() - processor)
            self._figures.took(max(late, 0.0), f"a stall of the event loop in {self.doing}")


def verbs(client: Client, random: Random) -> dict[str, Callable[[], Awaitable[object]]]:
    """What a user may ask for, by name."""
    general = client.channel("general")

    async def history() -> object:
        return [m async for m in general.history(random.choice((1, 30, 300)))]

    async def search() -> object:
        return [m async for m in client.search("a", 20)]

    async def inbox() -> object:
        return [m async for m in client.inbox.messages()]

    async def react() -> object:
        async for message in general.history(1):
            await general.react(message, "👍")
        return None

    async def typing() -> object:
        async with general.typing():
            return None

    return {
        "history": history, "search": search, "inbox": inbox, "react": react, "typing": typing,
        "send": lambda: general.send("from alice"),
        "send markdown": lambda: general.send("*from* alice", markup="markdown"),
        "upload": lambda: general.send("a file", files=[("a.txt", b"content")]),
        "refresh": client.refresh, "members": general.members, "mark_read": general.mark_read,
        "people": lambda: client.people.find("b"), "person": lambda: client.people.person("bob"),
        "direct": lambda: client.direct("bob"), "create": lambda: client.create(f"made {random.random()}"),
    }  # fmt: skip


class Session:
    """One client against one lying server."""

    def __init__(self, server: Server, transport: str, credential: str, figures: Figures, random: Random) -> None:
        self.server = server
        self.figures = figures
        self.random = random
        secret = {"api_key": server.key} if credential == "api_key" else {"password": "alice"}
        self.options: dict[str, Any] = {
            "db": server.db, "login": "alice", "transport": transport, "timeout": 3.0, "patience": 4.0, **secret,
        }  # fmt: skip

    def connect(self) -> Any:
        """A client of the lying server, not yet connected."""
        return quick_connect(f"http://127.0.0.1:{self.server.port}", **self.options)

    async def attempt(self, watch: Watch, name: str, verb: Callable[[], Awaitable[object]]) -> None:
        """Make a request while the server gives false answers."""
        watch.doing = name
        self.figures.runs += 1
        try:
            async with asyncio.timeout(VERB_SECONDS):
                await verb()
        except OdooChatError:
            self.figures.refused += 1
        except TimeoutError:
            self.figures.fault(f"{name} did not end within {VERB_SECONDS:.0f} s")
        except Exception as error:
            self.figures.crashed(error, name)

    async def enter(self) -> None:
        """Connect to a server that gives false answers from the start."""
        async with self.connect() as client:
            await client.link.wait_open(10)

    async def play(self, watch: Watch, acts: int) -> None:
        """Connect, let the server lie for some acts, and see that news comes when it is honest again."""
        order, random = self.server.order, self.random
        await order(lie=0.2, seed=random.randrange(2**31))
        await self.attempt(watch, "connect", self.enter)
        await order(lie=0)
        watch.doing = "connect to the honest server"
        async with self.connect() as client:
            await client.link.wait_open(30)
            heard = client.events(MessagePosted, LinkChanged)
            choice = verbs(client, random)
            await order(lie=0.35, seed=random.randrange(2**31))
            for _ in range(acts):
                name = random.choice(sorted(choice))
                await order(say=f"while it lies {random.random()}")
                await self.attempt(watch, name, choice[name])
            await order(lie=0)
            watch.doing = "recover"
            await self.recover(client, heard)

    async def recover(self, client: Client, heard: Any) -> None:
        """See that messages arrive again; a link that ended because the login was refused may stay closed."""
        words = f"honest {self.random.random()}"
        end = time.monotonic() + RECOVERY_SECONDS
        asked = 0
        while time.monotonic() < end:
            await self.server.order(say=f"{words} {asked}")
            asked += 1
            try:
                while True:
                    event = await heard.get(3)
                    if isinstance(event, MessagePosted) and event.message.text.startswith(words):
                        return
            except odoochat.TimedOut:
                pass
            except odoochat.LoginError:
                return
        state = client.via
        self.figures.fault(f"no news {RECOVERY_SECONDS:.0f} s after the server was honest again; link {state}")


async def run(kind: tuple[int, str, str], random: Random, *, acts: int, seconds: float, rounds: int) -> Figures:
    """Play sessions of one kind.

    Args:
        kind: version of Odoo, transport, credential.
        random: chooses the verbs and the answers.
        acts: verbs in one session.
        seconds: after which no further session begins.
        rounds: sessions at most.
    """
    version, transport, credential = kind
    figures = Figures(f"session {version} {transport} {credential}")
    end, memory = time.monotonic() + seconds, 0
    async with lying(version) as server, Watch(figures) as watch:
        for played in range(rounds):
            if played and time.monotonic() > end:
                break
            try:
                await Session(server, transport, credential, figures, random).play(watch, acts)
            except TimeoutError:
                figures.fault(f"in vain: {watch.doing}")
            except Exception as error:
                figures.crashed(error, watch.doing)
            gc.collect()
            if played == rounds // 4:
                memory = resident()
    figures.grew(max(resident() - memory, 0) if memory and rounds > 4 else 0)
    return figures
