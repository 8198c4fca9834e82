"""Real brokers for tests: processes on loopback and ports of their own, with data in a temporary folder."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

from odoochat.relay.settings import Kind

__all__ = ["SERVERS", "NatsServer", "RedisServer", "Server", "dead_letters", "free_port", "read_events", "send_command"]


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


class Server:
    """A broker that can be killed and started again on the same data.

    Args:
        folder: holds its data.
    """

    kind: Kind
    scheme = ""
    program = ""
    has_store = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        """Return the command that runs it."""
        raise NotImplementedError

    async def start(self) -> None:
        """Start it, and wait until it answers."""
        found = shutil.which(self.program)
        assert found, f"{self.program} is not installed; run tests/relay/install"
        with (self.folder / f"{self.program}.log").open("ab") as log:
            self._process = subprocess.Popen(self.command(), stdout=log, stderr=log, start_new_session=True)
        async with asyncio.timeout(60):
            while not await self.answers():
                assert self._process.poll() is None, (self.folder / f"{self.program}.log").read_text()[-2000:]
                await asyncio.sleep(0.05)

    async def answers(self) -> bool:
        """Return whether it accepts connections."""
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True

    def kill(self) -> None:
        """End it as a loss of power to the process would: kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it; safe to call twice."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(20)
        self._process = None


class RedisServer(Server):
    """Redis that writes each command to its append-only file before it answers."""

    kind = "redis"
    scheme = "redis"
    program = "redis-server"

    def command(self) -> list[str]:
        options = {
            "port": self.port,
            "bind": "127.0.0.1",
            "dir": self.folder,
            "appendonly": "yes",
            "appendfsync": "always",
            "save": "",
            "daemonize": "no",
        }
        return [self.program, *(word for name, value in options.items() for word in (f"--{name}", str(value)))]


class NatsServer(Server):
    """NATS with JetStream."""

    kind = "nats"
    scheme = "nats"
    program = "nats-server"

    def command(self) -> list[str]:
        return [self.program, "-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", str(self.folder)]


SERVERS: dict[str, type[Server]] = {"redis": RedisServer, "nats": NatsServer}


async def read_events(server: Server) -> list[dict[str, Any]]:
    """Return all events in a broker, in its order."""
    match server.kind:
        case "redis":
            bodies = await _read_redis(server.url)
        case _:
            bodies = await _read_nats(server.url)
    return [json.loads(body) for body in bodies]


async def _read_redis(url: str) -> list[bytes]:
    from redis.asyncio import Redis

    async with Redis.from_url(url) as client:
        entries: Any = await client.xrange("odoochat:events")
        return [fields[b"data"] for _, fields in entries]


async def _read_nats(url: str) -> list[bytes]:
    import nats
    from nats.errors import TimeoutError as NoMore

    client = await nats.connect(url)
    try:
        subscription = await client.jetstream().subscribe("odoochat.events.>", ordered_consumer=True)
        found: list[bytes] = []
        while True:
            try:
                found.append((await subscription.next_msg(timeout=1.0)).data)
            except NoMore:
                return found
    finally:
        await client.close()


async def send_command(server: Server, body: bytes) -> None:
    """Send a command as a program in any language would."""
    match server.kind:
        case "redis":
            from redis.asyncio import Redis

            async with Redis.from_url(server.url) as client:
                await client.xadd("odoochat:commands", {"data": body})
        case _:
            import nats

            connection = await nats.connect(server.url)
            await connection.jetstream().publish("odoochat.commands", body)
            await connection.close()


async def dead_letters(server: Server) -> list[tuple[bytes, str]]:
    """Return the commands that could not be carried out, with the reasons."""
    match server.kind:
        case "redis":
            from redis.asyncio import Redis

            async with Redis.from_url(server.url) as client:
                entries: Any = await client.xrange("odoochat:commands:dead")
                return [(fields[b"data"], fields[b"reason"].decode()) for _, fields in entries]
        case _:
            import nats

            connection = await nats.connect(server.url)
            stream = connection.jetstream()
            count = (await stream.stream_info("odoochat-dead")).state.messages
            found = [await stream.get_msg("odoochat-dead", number) for number in range(1, count + 1)]
            await connection.close()
            return [(m.data or b"", (m.headers or {})["Odoochat-Reason"]) for m in found]
