"""`python -m tests.chaos.relay`: two relay processes, and kill -9 of them and of the broker at random.

Every message must be in the broker at least once, with its stable key, in the order of its channel; and the accounts of a
killed process must be served by the other one within ten seconds. The server is a sandbox in a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
from msgspec import Struct

from tests.relay.servers import SERVERS, free_port, read_events

TAKEOVER_SECONDS = 10.0

SERVE = """
import asyncio, json, random, sys
from odoochat.sandbox import Sandbox

async def main(port, users, path):
    async with Sandbox(port=port) as box:
        state = box.world.state
        partners = [state.accounts.partner_of(state.accounts.add_user(f"user{n}")) for n in range(users)]
        def room(name, members):
            return state.channels.create(
                name, "channel", creator=box.world.uid("admin"), partners=members, public="private")
        rooms = [room(f"own {n}", [partner]) for n, partner in enumerate(partners)]
        shared = [room(f"shared {n}", partners[n::5]) for n in range(5)]
        print("ready", flush=True)
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            count, seconds, seed = json.loads(line)
            choose = random.Random(seed)
            with open(path, "a") as posted:
                for n in range(count):
                    where = choose.choice(shared) if choose.random() < 0.2 else choose.choice(rooms)
                    number = box.world.post("admin", where, f"message {n}")
                    print(json.dumps([where, number]), file=posted, flush=True)
                    await asyncio.sleep(choose.random() * 2 * seconds / count)
            print("posted", flush=True)

asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
"""


class Plan(Struct, frozen=True):
    """How much is done."""

    kind: str
    accounts: int = 50
    messages: int = 5000
    kills: int = 10
    seconds: float = 150.0
    seed: int = 0


class RelayProcess:
    """One process of the relay, as the command line runs it.

    Args:
        folder: for its settings and its log.
        name: the name of these files.
        config: the addresses ``broker`` and ``server``, the database ``db``, and ``accounts``: passwords by login.
    """

    def __init__(self, folder: Path, name: str, config: dict[str, Any]) -> None:
        self.name = name
        self._folder = folder
        self._config = config
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def start(self) -> None:
        """Start it, with a new port for its health."""
        self.port = free_port()
        path = self._folder / f"{self.name}.toml"
        path.touch(0o600)
        broker, server, accounts = self._config["broker"], self._config["server"], self._config["accounts"]
        lines = [f'url = "{server}"', f'db = "{self._config["db"]}"', "[broker]", f'url = "{broker}"']
        lines += ["[http]", f"port = {self.port}"]
        for login, password in accounts.items():
            lines += ["[[accounts]]", f'login = "{login}"', f'password = "{password}"']
        path.write_text("\n".join(lines))
        with (self._folder / f"{self.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "odoochat", "relay", "run", str(path), "-v"],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def end(self, number: signal.Signals) -> None:
        """Send a signal, and wait for the end; safe to call twice."""
        if self._process is None:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(30)
        self._process = None

    async def health(self, session: aiohttp.ClientSession) -> dict[str, Any] | None:
        """Return what it says about itself, None while it says nothing."""
        assert self._process is None or self._process.poll() is None, f"{self.name} ended by itself"
        try:
            async with session.get(f"http://127.0.0.1:{self.port}/healthz") as answer:
                found: dict[str, Any] = await answer.json()
                return found
        except (aiohttp.ClientError, TimeoutError):
            return None


class Run:
    """One run with one kind of broker."""

    def __init__(self, plan: Plan, folder: Path, say: Callable[[str], None]) -> None:
        self._plan = plan
        self._folder = folder
        self._say = say
        self._choose = random.Random(plan.seed)
        self._server = SERVERS[plan.kind](folder)
        self._posted = folder / "posted.jsonl"
        self._box: subprocess.Popen[str] | None = None
        self._url = ""
        self._relays: list[RelayProcess] = []
        self.takeovers: list[float] = []
        self.killed: Counter[str] = Counter()

    async def run(self) -> list[str]:
        """Run it.

        Returns:
            What is wrong; empty when all is well.
        """
        try:
            await self._start()
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(5)) as session:
                await self._until(session, self._shared, 90)
                await self._make_trouble(session)
                assert self._box is not None and self._box.stdout is not None
                line = await asyncio.to_thread(self._box.stdout.readline)
                assert line.strip() == "posted"
                return await self._checked(session)
        finally:
            for relay in self._relays:
                relay.end(signal.SIGTERM)
            self._server.stop()
            if self._box is not None:
                self._box.terminate()
                self._box.wait(20)
                for pipe in (self._box.stdin, self._box.stdout):
                    if pipe is not None:
                        pipe.close()

    async def _start(self) -> None:
        plan = self._plan
        await self._server.start()
        port = free_port()
        self._url = f"http://127.0.0.1:{port}"
        with (self._folder / "sandbox.log").open("wb") as log:
            self._box = subprocess.Popen(
                [sys.executable, "-c", SERVE, str(port), str(plan.accounts), str(self._posted)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._box.stdout is not None
        line = await asyncio.to_thread(self._box.stdout.readline)
        assert line.strip() == "ready"
        accounts = {login: login for login in (f"user{number}" for number in range(plan.accounts))}
        config = {"broker": self._server.url, "server": self._url, "db": "sandbox", "accounts": accounts}
        self._relays = [RelayProcess(self._folder, name, config) for name in ("relay-a", "relay-b")]
        for relay in self._relays:
            relay.start()

    async def _make_trouble(self, session: aiohttp.ClientSession) -> None:
        plan, choose = self._plan, self._choose
        assert self._box is not None and self._box.stdin is not None
        self._box.stdin.write(json.dumps([plan.messages, plan.seconds, plan.seed]) + "\n")
        self._box.stdin.flush()
        victims: list[object] = [*self._relays, self._server]
        some = [choose.choice(victims) for _ in range(plan.kills)]
        some[: len(victims)] = choose.sample(victims, len(victims))[: plan.kills]  # each at least once
        choose.shuffle(some)
        begun, pause = time.monotonic(), plan.seconds / max(1, plan.kills)
        for number, victim in enumerate(some):
            await asyncio.sleep(max(0.5, begun + pause * (number + choose.random() / 2) - time.monotonic()))
            if isinstance(victim, RelayProcess):
                await self._kill_relay(session, victim)
            else:
                await self._kill_broker(session)

    async def _kill_relay(self, session: aiohttp.ClientSession, victim: RelayProcess) -> None:
        self.killed["relay"] += 1
        victim.end(signal.SIGKILL)
        begun = time.monotonic()
        (survivor,) = [relay for relay in self._relays if relay is not victim]

        async def taken_over() -> bool:
            found = await survivor.health(session)
            return found is not None and found["accounts"]["connected"] == self._plan.accounts

        await self._until(session, taken_over, 60)
        self.takeovers.append(time.monotonic() - begun)
        self._say(f"  kill -9 {victim.name}: all accounts served again after {self.takeovers[-1]:.1f} s")
        victim.start()
        await self._until(session, self._shared, 60)

    async def _kill_broker(self, session: aiohttp.ClientSession) -> None:
        self.killed["broker"] += 1
        self._server.kill()
        await asyncio.sleep(self._choose.random() * 2)
        begun = time.monotonic()
        await self._server.start()
        await self._until(session, self._shared, 60)
        self._say(f"  kill -9 {self._server.program}: as before {time.monotonic() - begun:.1f} s after its start")

    async def _shared(self) -> bool:
        """Return whether both processes work, and serve all accounts between them."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(5)) as session:
            found = [await relay.health(session) for relay in self._relays]
        states = [one for one in found if one is not None and one["status"] == "ok"]
        counts = [one["accounts"]["connected"] for one in states]
        return len(counts) == len(self._relays) and sum(counts) == self._plan.accounts and all(counts)

    async def _until(self, session: aiohttp.ClientSession, holds: Callable[[], Awaitable[bool]], limit: float) -> None:
        try:
            async with asyncio.timeout(limit):
                while not await holds():
                    await asyncio.sleep(0.1)
        except TimeoutError:
            states = [f"{relay.name}: {await relay.health(session)}" for relay in self._relays]
            raise AssertionError(f"not within {limit:g} s: " + "; ".join(states)) from None

    # ------------------------------------------------------------------- the outcome

    async def _checked(self, session: aiohttp.ClientSession) -> list[str]:
        posted: list[tuple[int, int]] = [tuple(json.loads(line)) for line in self._posted.read_text().splitlines()]
        wanted = {number for _, number in posted}
        found: list[dict[str, Any]] = []
        for _ in range(300):
            found = [event for event in await read_events(self._server) if event["type"] == "message.posted"]
            if wanted <= {event["data"]["message"]["id"] for event in found}:
                break
            await asyncio.sleep(0.1)
        bad = faults(posted, found, self._url)
        slow = [seconds for seconds in self.takeovers if seconds > TAKEOVER_SECONDS]
        if slow:
            bad.append(f"{len(slow)} takeovers lasted longer than {TAKEOVER_SECONDS:g} s: {max(slow):.1f} s")
        copies = Counter(event["data"]["message"]["id"] for event in found if event["data"]["message"]["id"] in wanted)
        rows = {
            "broker": self._plan.kind,
            "accounts, processes": f"{self._plan.accounts}, {len(self._relays)}",
            "kill -9 of a relay, of the broker": f"{self.killed['relay']}, {self.killed['broker']}",
            "messages posted": len(posted),
            "messages in the broker": len(wanted & copies.keys()),
            "lost": len(wanted - copies.keys()),
            "copies beyond the first, with the same key": sum(copies.values()) - len(copies),
            "channels out of order": len(disordered(found)),
            "longest takeover": f"{max(self.takeovers, default=0.0):.1f} s",
            "verdict": "; ".join(bad) or "good",
        }
        for name, value in rows.items():
            self._say(f"  {name:44} {value}")
        return bad


def faults(posted: list[tuple[int, int]], found: list[dict[str, Any]], url: str) -> list[str]:
    """Return what is wrong with the events of a broker.

    Args:
        posted: channel and id of each message, in the order of posting.
        found: the events, in the order of the broker.
        url: the server's address.
    """
    bad: list[str] = []
    there = {event["data"]["message"]["id"]: event for event in found}
    if lost := [number for _, number in posted if number not in there]:
        bad.append(f"{len(lost)} messages lost: {lost[:10]}")
    host = url.removeprefix("http://")
    for event in found:
        if event["key"] != f"{host}/sandbox/{event['data']['message']['id']}/message.posted":
            bad.append(f"the key of a message is {event['key']}")
            break
    if wrong := [number for channel, number in posted if number in there and there[number]["channel"] != channel]:
        bad.append(f"messages with a wrong channel: {wrong[:10]}")
    if channels := disordered(found):
        bad.append(f"out of order: channels {sorted(channels)[:10]}")
    return bad


def disordered(found: list[dict[str, Any]]) -> set[int]:
    """Return the channels in which a message came for the first time after a newer one."""
    seen: dict[int, list[int]] = {}
    for event in found:
        ids = seen.setdefault(event["channel"], [])
        if (number := event["data"]["message"]["id"]) not in ids:
            ids.append(number)
    return {channel for channel, ids in seen.items() if ids != sorted(ids)}


async def run(plan: Plan, say: Callable[[str], None]) -> list[str]:
    """Run with one kind of broker in a temporary folder, which is kept when something is wrong."""
    folder = Path(tempfile.mkdtemp(prefix=f"odoochat-relay-{plan.kind}-"))
    say(f"{plan.kind}: {plan.accounts} accounts, {plan.messages} messages, {plan.kills} kills, seed {plan.seed}")
    try:
        bad = await Run(plan, folder, say).run()
    except BaseException:
        say(f"  logs: {folder}")
        raise
    if bad:
        say(f"  logs: {folder}")
    else:
        await asyncio.to_thread(_remove, folder)
    return bad


def _remove(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder)


LONG = {"accounts": 50, "messages": 5000, "kills": 10, "seconds": 180.0}
SHORT = {"accounts": 12, "messages": 400, "kills": 3, "seconds": 15.0}


def main() -> int:
    """Run with each kind of broker.

    Returns:
        1 when something is wrong, else 0.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.relay", description=__doc__)
    parser.add_argument("--broker", choices=sorted(SERVERS), action="append")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    options = parser.parse_args()
    bad: list[str] = []
    for kind in options.broker or ("redis", "nats"):
        plan = Plan(kind, seed=options.seed, **(SHORT if options.short else LONG))  # type: ignore[arg-type]
        bad += asyncio.run(run(plan, lambda text: print(text, flush=True)))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
