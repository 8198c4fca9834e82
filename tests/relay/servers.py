"""Real brokers for tests: processes on loopback and ports of their own, with data in a temporary folder."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

from odoochat.relay.settings import Kind

__all__ = [
    "SERVERS",
    "NatsServer",
    "RabbitServer",
    "RedisServer",
    "Server",
    "dead_letters",
    "free_port",
    "read_events",
    "send_command",
]


PORTS = range(20_000, 32_000)
"""Below those that Linux gives to outgoing connections, which may take a port while a broker restarts."""
_given: set[int] = set()


def free_port() -> int:
    """Return a port on which nothing listens, another one each time."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as listening:
            try:
                listening.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in _given:
            _given.add(port)
            return port


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
        self.choose_ports()
        self._was_up = False
        self._process: subprocess.Popen[bytes] | None = None

    def choose_ports(self) -> None:
        """Choose where it listens; it keeps the port once it has started."""
        self.port = free_port()

    @property
    def url(self) -> str:
        """Its address."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        """Return the command that runs it."""
        raise NotImplementedError

    def variables(self) -> dict[str, str]:
        """Return variables of its environment."""
        return {}

    async def start(self) -> None:
        """Start it, and wait until it answers."""
        for _ in range(5):
            if await self._run():
                self._was_up = True
                return
            if self._was_up:
                break
            self.choose_ports()  # another process was quicker
        raise AssertionError((self.folder / f"{self.kind}.log").read_text()[-2000:])

    async def _run(self) -> bool:
        """Start it; return whether it came up, or has ended."""
        found = shutil.which(self.program)
        assert found, f"{self.program} is not installed; run tests/relay/install"
        with (self.folder / f"{self.kind}.log").open("ab") as log:
            self._process = subprocess.Popen(
                self.command(), env={**os.environ, **self.variables()}, stdout=log, stderr=log, start_new_session=True
            )
        async with asyncio.timeout(90):
            while self._process.poll() is None:
                if await self.answers() and self._process.poll() is None:
                    return True
                await asyncio.sleep(0.05)
        self._process = None
        return False

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
        os.killpg(self._process.pid, number)  # its own group: a script may have started it
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
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


class RabbitServer(Server):
    """RabbitMQ, with a port mapper of its own."""

    kind = "rabbitmq"
    scheme = "amqp"
    program = "/usr/lib/rabbitmq/bin/rabbitmq-server"
    has_store = False

    def __init__(self, folder: Path) -> None:
        self._mapper: subprocess.Popen[bytes] | None = None
        super().__init__(folder)

    def choose_ports(self) -> None:
        super().choose_ports()
        self._ports = free_port(), free_port()
        self._end_mapper()

    def command(self) -> list[str]:
        return [self.program]

    def variables(self) -> dict[str, str]:
        folder = str(self.folder)
        mapper, distribution = map(str, self._ports)
        return {
            "HOME": folder,
            "ERL_EPMD_PORT": mapper,
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"odoochat{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": distribution,
            "RABBITMQ_MNESIA_BASE": folder,
            "RABBITMQ_LOG_BASE": folder,
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/plugins",
            "RABBITMQ_CONF_ENV_FILE": f"{folder}/none",
            "RABBITMQ_CONFIG_FILE": f"{folder}/none",
        }

    async def _run(self) -> bool:
        if self._mapper is None:
            self._mapper = subprocess.Popen(["epmd", "-port", str(self._ports[0]), "-address", "127.0.0.1"])
        return await super()._run()

    async def answers(self) -> bool:
        """Return whether it accepts logins, which takes longer than connections."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        try:
            writer.write(b"AMQP\x00\x00\x09\x01")
            async with asyncio.timeout(2):
                return bool(await reader.read(1))
        except (OSError, TimeoutError):
            return False
        finally:
            writer.close()

    def stop(self) -> None:
        super().stop()
        self._end_mapper()

    def _end_mapper(self) -> None:
        if self._mapper is not None:
            self._mapper.terminate()
            self._mapper.wait(20)
            self._mapper = None


SERVERS: dict[str, type[Server]] = {"redis": RedisServer, "nats": NatsServer, "rabbitmq": RabbitServer}


async def read_events(server: Server) -> list[dict[str, Any]]:
    """Return all events in a broker, in its order."""
    match server.kind:
        case "redis":
            bodies = await _read_redis(server.url)
        case "rabbitmq":
            bodies = await _peek_rabbit(server.url, "odoochat.events")
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


async def _peek_rabbit(url: str, queue: str) -> list[bytes]:
    return [message.body for message in await _rabbit_messages(url, queue)]


async def _rabbit_messages(url: str, queue: str) -> list[Any]:
    """Return the messages of a queue and leave them there."""
    import aio_pika

    connection = await aio_pika.connect(url)
    async with connection:
        found = await (await connection.channel()).get_queue(queue)
        messages = []
        while (message := await found.get(fail=False)) is not None:
            messages.append(message)
        return messages  # not acknowledged: they go back when the connection is closed


async def send_command(server: Server, body: bytes) -> None:
    """Send a command as a program in any language would."""
    match server.kind:
        case "redis":
            from redis.asyncio import Redis

            async with Redis.from_url(server.url) as client:
                await client.xadd("odoochat:commands", {"data": body})
        case "rabbitmq":
            import aio_pika

            async with await aio_pika.connect(server.url) as amqp:
                channel = await amqp.channel()
                await channel.default_exchange.publish(aio_pika.Message(body), "odoochat.commands")
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
        case "rabbitmq":
            messages = await _rabbit_messages(server.url, "odoochat.commands.dead")
            return [(message.body, str(message.headers["reason"])) for message in messages]
        case _:
            import nats

            connection = await nats.connect(server.url)
            stream = connection.jetstream()
            count = (await stream.stream_info("odoochat-dead")).state.messages
            found = [await stream.get_msg("odoochat-dead", number) for number in range(1, count + 1)]
            await connection.close()
            return [(m.data or b"", (m.headers or {})["Odoochat-Reason"]) for m in found]
